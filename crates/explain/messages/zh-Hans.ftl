### Chinese, simplified characters (简体中文). Translated by a machine from messages/en.ftl; no native
### speaker has read it.

-review-status = unreviewed

language-name = 简体中文
note-unreviewed = 这些文字由机器翻译，还没有母语者检查过。
note-reviewed = 这些文字已由母语者检查过。
sentence = { $text }。
percent = { $number }%

heading-outcome = 结果
outcome-match = 相符：两张照片看起来是同一个人。
outcome-non_match = 未能确认：程序认为两张照片不够相像。
outcome-undecided = 未能判断：程序无法根据这些照片作出判断。
heading-next = 接下来怎么办
next-match = 您不需要做任何事。
next-non_match = 这不是最终的拒绝。程序会出错。在任何人拒绝您之前，必须先由一个人来看照片。
next-undecided = 这不是拒绝。您可以用新照片再试一次，也可以要求由一个人来看。
exit-match = 退出码 0：相符
exit-non_match = 退出码 1：未能确认
exit-undecided = 退出码 3：未能判断
exit-error = 退出码 2：出错；没有作出任何判断

heading-why = 原因
heading-also = 其他须知
whose-probe = 新照片：{ $text }
whose-reference = 存档照片：{ $text }
advice-you = 您可以这样做：{ $text }
advice-operator = 致本服务的管理者：{ $text }

reason-several_pages = 文件包含多页，只查看了第一页
    .advice = 如果脸在其他页上，请将那一页作为单独的图片发送
reason-no_face_found = 没有找到人脸
    .advice = 请正对镜头，让光从前面照来，整个头部都在画面里
reason-several_faces_largest_used = 照片里有几张脸；用了最大的一张
    .advice = 请确认最大的脸是本人的脸
reason-several_faces_refused = 照片里有几张脸，而只需要一张
    .advice = 请拍只有一个人的照片
reason-landmarks_outside_image = 眼睛、鼻子或嘴在画面之外
    .advice = 请把相机拿远一些，让整个头部都在画面里
reason-landmarks_unusable = 分不清眼睛、鼻子和嘴
    .advice = 请看着镜头，保持不动
reason-face_cut_by_border = 画面的边缘切掉了一部分脸
    .advice = 请把相机拿远一些，让整个头部都在画面里
reason-face_small = 脸太小，能比较的细节很少
    .advice = 请靠近镜头，或者发一张更大的照片
reason-found_with_more_light = 把照片调亮以后才找到脸
    .advice = 请在脸上光线更亮的地方拍照
reason-face_in_little_light = 光线太少，所以先把脸处理得更清楚
    .advice = 请在脸上光线更亮的地方拍照
reason-found_turned = 把照片转过来以后才找到脸
    .advice = 请发方向正确的照片
reason-other_face_prominent = 另一个人的脸几乎一样大
    .advice = 拍照时请不要让别人靠近镜头
reason-face_hidden = 脸的一部分好像被遮住了
    .advice = 请取下墨镜或口罩，把头发拨开；因信仰或健康而佩戴的东西可以不取
reason-face_out_of_proportion = 照片里的脸被压扁或拉长了
    .advice = 请发送相机拍下的原样照片，不要改变它的形状
reason-face_unclear = 照片让程序看到的脸太少，无法比较
    .advice = 请从正面重新拍一张，光线要均匀，脸前面不要有东西
reason-picture_negative = 照片的明暗颠倒了，像底片一样
    .advice = 请发送颜色真实的照片
reason-too_little_light = 对这张脸来说，相机得到的光太少
    .advice = 请转向窗户或灯
reason-too_much_light = 脸上有些地方太亮，什么都看不见
    .advice = 请离开强光，并关掉闪光灯
reason-light_from_one_side = 脸的一边在阴影里
    .advice = 请转动身体，让光从前面照来
reason-picture_flat = 脸的明暗差别太小，像隔着雾一样
    .advice = 请擦干净镜头，不要背着光站
reason-picture_blurred = 脸没有对准焦
    .advice = 请擦干净镜头，伸直手臂拿手机，点一下屏幕上的脸来对焦
reason-picture_shaken = 照片因为晃动而模糊
    .advice = 请不要动，把手机靠在什么东西上
reason-head_turned = 头转向了一边
    .advice = 请直视镜头
reason-head_up_or_down = 脸朝上或朝下
    .advice = 请把相机拿到与眼睛一样高
reason-head_tilted = 头或相机歪了
    .advice = 请把头和相机都摆正
reason-picture_compressed = 文件被压得太小，丢失了细节
    .advice = 请发原来的照片，不要发转发的副本
reason-light_coloured = 照在脸上的光颜色太重
    .advice = 请用日光或白色的灯
reason-liveness_not_checked = 没有检查镜头前是否真的有人
    .advice = 在有人可能举着照片对镜头的地方，不要只依靠这个结果
reason-no_attack_signs_seen = 照片里没有看到作假的迹象，但这不能说明当时真的有人在场
    .advice = 在有人可能举着照片对镜头的地方，不要只依靠这个结果
reason-attack_signs_unclear = 这张照片可能是翻拍的图片
    .advice = 请给本人拍一张新照片，或者在镜头前按步骤做
reason-attack_signs_seen = 这张照片看起来是对着屏幕或印刷品拍的
    .advice = 请给本人拍一张新照片，不要拍图片；如果再次不被接受，必须由一个人来看
reason-liveness_shown = 真人按要求、在要求的时候做了动作
reason-liveness_unclear = 镜头看到的不够，无法知道是否真的有人在场
    .advice = 请在均匀的光线下慢慢再试一次，让整张脸都在画面里
reason-liveness_abrupt = 镜头的画面变化太快，跟不上
    .advice = 请拿稳手机，动作慢一点
reason-liveness_pictures_missing = 镜头或网络漏掉了一些画面
    .advice = 请关闭其他程序，在网络好的地方再试一次
reason-liveness_by_person = 这次在镜头前的检查不由机器决定，而由人来决定
    .advice = 您不用再试；会有人来看这些画面
reason-liveness_failed = 镜头看到了真人在场时不会有的情形
    .advice = 请在镜头前用新的步骤重新开始；如果再次不被接受，必须由一个人来看
reason-liveness_of_other_person = 镜头前的人不是新照片上的人
    .advice = 照片上的人和按步骤做的人必须是同一个人
reason-score_at_or_above_threshold = 两张脸足够相像，达到了界限
reason-score_below_threshold = 两张脸不够相像，没有达到界限
    .advice = 请在光线好的地方拍一张新照片；如果再次不被接受，必须由一个人来看
reason-score_in_review_band = 两张脸太接近界限，不能由机器判断
    .advice = 必须由一个人来看两张照片
reason-threshold_not_calibrated = 这个界限没有测量过错误率
    .advice = 在依靠它之前，请在您自己的人群中测量错误率
reason-identical_files = 两张照片是同一个文件，这不能证明任何关于人的事
    .advice = 请使用一张新照片

heading-liveness = 当时真的有人在场吗？
liveness-pass = 是的。镜头看到了真人。
liveness-fail = 镜头或照片显示出没有真人在场的迹象。这样的迹象可能是错的。
liveness-inconclusive = 不清楚。看到的不够。
liveness-not_checked = 没有检查这一点。

heading-how = 判断是怎样作出的
how-limit = 程序用一个数字表示两张脸有多相像。达到设定的界限，两张照片就算作同一个人。
how-claim = 按这个界限，不同的人组成的照片对中，最多有 { $count } 会被当成同一个人，置信度为 95%。这是受测的各个群体中这种错误最多的群体的数字。它来自 { $comparisons } 次比较。
how-no-claim = 这个界限没有测量过错误率。
how-hidden = 这里不显示这个数字，因为它可能帮助想要作弊的人。
how-score = 相像程度 { $score }，界限 { $limit }，满分为 1。
how-raw = 归一化之前的相像程度：{ $score }。
how-one-person = 这样的相像程度，在同一个人的照片之间出现的次数大约是两个人的照片之间的 { $times } 倍。
how-two-people = 这样的相像程度，在两个人的照片之间出现的次数大约是同一个人的照片之间的 { $times } 倍。
how-either = 这样的相像程度，在同一个人的照片之间和在两个人的照片之间出现得差不多一样多。
how-near-limit = 这似乎不支持匹配。但起决定作用的是界限，而界限是在另外的照片上测得的。如此接近界限的相像程度只是很弱的证据：如果此事关系重大，应由人来查看。
how-strict-limit = 界限的要求比这更高，这样只有很少的不同人的照片对会被当作同一个人。

heading-appeal = 如果您不同意
appeal-right = 您可以要求由一个人重新看这个决定。请提供决定的编号。
appeal-contact = 向哪里提出
appeal-answer = 多久之内答复
heading-data = 照片被怎样处理
data-process = 程序在每张照片里找脸，把每张脸变成一串数字，然后比较这两串数字。
data-not = 它没有猜测任何人的年龄、性别、种族或心情。它没有在人群中寻找任何人。它没有通过网络发送任何东西。
data-record = 这个决定的记录里没有照片，也没有这样的数字串。记录里有每个文件的校验码、脸的位置、对照片的测量、原因，以及用了哪些模型。
heading-kept = 我们保存您的哪些信息，保存多久
kept-photos = 照片
kept-templates = 由脸变成的数字串
kept-decisions = 决定的记录
kept-days = { $days ->
    [0] 不保存
   *[other] { $days } 天
}
within-days = { $days ->
   *[other] { $days } 天
}
not-stated = 服务的管理者没有说明
none-stated = 没有（服务的管理者这样说明）

fact-decision = 决定编号
fact-program = 程序
fact-models = 模型
fact-limit = 界限从哪里来
fact-operator = 本服务的管理者
fact-contact = 联系方式
fact-purpose = 用途
fact-law = 法律依据

explanation-title = 决定了什么，为什么

held-title = 我们保存的关于 { $name } 的信息
held-made = 本页生成于 { $date }。
held-why = 原因：{ $text }
held-purpose = 目的：{ $text }
held-until = 从 { $since } 到 { $until }
held-no-end = 从 { $since } 起，没有设定期限
held-how = 方式：{ $text }
held-sealed = 我们用单独的密钥把它加密。您要求时，或者期限到了，我们就删除它。
held-template = 由您的脸变成的数字串
held-template-why = 我们把它和新照片比较，核实是您本人。
held-name = 您的名字
held-name-why = 我们用它来找到保存的关于您的信息。
held-checksums = 您的照片的校验码，以及照片有多好、有多相像的测量，不包括照片本身
held-checksums-why = 它们有助于解释决定，也能显示同一张照片是否再次被使用。
held-stated = 您为检查是否平等对待而告诉我们的内容
held-stated-why = 我们用它来测试程序是否同样对待各个群体。
held-stated-how = 我们把它加密。每个决定都留有一份副本。副本里用代号代替您的名字。
held-photo = 您的一张照片
held-photo-why = 可以由一个人来看它，复核程序的判断。您已经同意。
held-photo-how = 我们用单独的密钥把它加密。复核结束时，或者您要求时，我们就删除它。
held-decisions = 关于您的决定，以及原因、相像程度的数字和对照片的测量
held-decisions-why = 有了这些，我们可以解释、重复和检查一个决定，也可以在您要求时复核它。
held-decisions-how = 决定的记录不能更改。记录里用代号代替您的名字。我们删除保存的关于您的信息时，也会删除这个代号与您的联系。
held-photos = 数字串由 { $count } 张照片变成。
held-photos-only = 只有本页写明时，我们才保存照片。
held-heading-decisions = 关于您的决定
held-no-decisions = 没有作出过关于您的决定。
held-when = 时间
held-follows = 这对您意味着什么
held-confirmed = 已确认是您本人。
held-person_must_look = 在任何人拒绝您之前，必须先由一个人来看。
held-refused = 您被拒绝了。您可以要求由一个人来看。
held-not_decided = 需要一张新照片，或者必须由一个人来看。
held-appeal = 申诉
held-appeal-none = 没有申诉。
held-appeal-open = 已经申诉。还没有人看过。
held-appeal-under_review = 现在有一个人正在看。
held-appeal-upheld = 已有一个人看过。结果保持不变。
held-appeal-overturned = 已有一个人看过。最初的结果有误，已经更改。
held-reviewer = 看的人写了什么
held-heading-can = 您可以这样做
held-can-appeal = 您可以要求由一个人重新看一个决定。请提供决定的编号。
held-can-delete = 您可以要求我们删除保存的关于您的信息。您会得到一份签名的回执。

system-title = 本服务怎样对人作出判断
system-lead = 本页说明程序做什么、多常出错、对谁出错。共有十点，过去这类服务在这些方面说得太少。
system-missing = { $count ->
    [0] 服务的管理者已说明本页要求的所有情况。
   *[other] 本页要求的情况中，服务的管理者有 { $count } 项没有说明。
}
system-english = 英文文字按其发表时的原样引用。

point-algorithmic_decisions = 判断是怎样作出的
no-final-no = 程序自己不会作出最终的拒绝。必须先由一个人来看。
column-model = 模型
column-role = 作用
column-training = 从什么学来
role-detector = 找人脸
role-second_detector = 没有找到脸时再看一次
role-embedder = 把脸变成数字
role-mesh = 在脸上找点
role-passive_pad = 分辨真脸和脸的照片
models-caption = 模型
rates-lead = 错误在各个群体中并不一样多。下表说明两个不同的人被当成同一个人的次数。
rates-caption = 两个不同的人被当成同一个人的比例
column-group = 群体
column-rate = 测得
column-range = 可能的范围
group-everyone = 所有人
rates-data = 在 { $people } 个人的 { $comparisons } 次比较中测得。日期：{ $date }。
rates-missed = 在同一个人的照片对中，有 { $count } 没有被认作同一个人（可能的范围：{ $low } 到 { $high }）。这个数字来自表格以外的照片，各个群体的情况不清楚。
rates-missed-unknown = 不清楚同一个人没有被认出的情况有多常见。
rates-few-people = 另外 { $groups } 个群体受测的人太少，无法作出任何承诺。
rates-children = 在程序看来，幼儿之间比成年人之间更相像。对十岁以下的儿童不作任何承诺。在情况最差的儿童群体中，最多有 { $count } 的不同儿童配对会被当作同一个人。不清楚程序认不出儿童的情况有多常见。关于儿童的每个决定都应由人来复核。
rates-labels = 为了更平等地对待各个群体，程序是用 { $people } 张带标签的照片调整的。标签（如种族、性别或年龄）由其他人判断。程序对您作决定时，不知道也不猜测您属于哪个群体。

point-data_collection = 收集什么，用来做什么

point-eligibility = 照片要符合什么要求
eligibility-file = 文件可以是 JPEG、PNG、WebP、BMP 或 TIFF，最多 { $pixels } 百万像素。
eligibility-one-face = 照片里必须有一张脸。如果不止一张，就用最大的一张。
eligibility-one-only = 照片里只能有一张脸。
eligibility-off = 不评判照片的质量。
eligibility-advise = 照片不好时会给出建议，不会因此拒绝。
eligibility-enforce = 太差的照片会连同建议一起退回。
eligibility-best = 这样效果最好：

point-appeals = 投诉和申诉
appeals-how = 任何人都可以要求由一个人重新看一个决定。那个人的决定和理由会加到记录里。
appeals-counted = 对每个群体，都会统计人改正程序的次数。

point-oversight = 谁来监督
oversight-open = 源代码是公开的。外面的人不用看到任何脸，就可以检查决定的记录。
oversight-body = 外部机构
access-who = 谁可以查看保存的内容

point-retention = 存储什么，存储多久
retention-default = 程序本身不保存照片。
retention-forget = 关于一个人的存储内容可以删除。之后别人可以用回执核实已经删除。

point-security = 怎样保证安全
security-program = 程序在判断时不打开任何网络连接。每个模型文件在使用前都经过检查。存储的数字串都已加密，每个人用各自的密钥。
security-record = 决定的记录连成一条链，事后的改动会显露出来。
security-measures = 服务的管理者还做了什么
security-contact = 向哪里报告弱点

point-evaluations = 多久测试一次
evaluations-how = 任何时候都可以用程序作过的判断来测试它，逐个群体进行。
audit-date = 上次测试
audit-every = 两次测试相隔
audit-result = 上次测试的结果
audit-verdicts = 遵守的规则：{ $passed }；违反的规则：{ $failed }；尚不清楚：{ $open }
audit-no-rules = 没有测试任何规则

point-metrics = 怎样衡量效果
metrics-what = 对每个群体统计：两个人被当成一个人的次数、同一个人没有被认出的次数、不能用的照片数，以及人改正程序的次数。
metrics-stated = 服务的管理者所说的结果

point-third_parties = 还有谁参与
third-nothing = 程序不向任何人报告，不发送使用或出错的数据。
third-models = 模型是别人做的，第 1 点的表格里有它们的名字。它们在管理者自己的机器上运行，制作者得不到任何数据。
third-parties = 其他参与者
