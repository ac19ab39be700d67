### English. When the crate is built, build.rs checks every other language against this file: the
### same messages, the same attributes, the same variables.
### The texts of reasons are those of src/record/reason.rs, word for word; tests/messages.rs checks
### this. They start in lower case and have no full stop: `sentence` turns them into sentences.
### tests/messages.rs also checks that a reader of grade 6 can follow the sentences of this file.
### `-review-status` is `unreviewed` until a native speaker has read the whole file.

-review-status = unreviewed

language-name = English
note-unreviewed = A machine wrote this text. No native speaker has checked it yet.
note-reviewed = A native speaker has checked this text.
# Turns a reason or a piece of advice into a sentence.
sentence = { $text }.
# A rate, such as 1.6 %.
percent = { $number } %

## Results and what happens next

heading-outcome = The result
outcome-match = Match: the two photos look like the same person.
outcome-non_match = Not confirmed: to the program, the two photos did not look like the same person.
outcome-undecided = Undecided: the program could not decide from these photos.
heading-next = What happens next
next-match = You don’t need to do anything.
next-non_match = This is not a final no. Programs make mistakes. Before anyone says no to you, a person must review this decision.
next-undecided = This is not a no. You can try again with a new photo, and you can ask for a person to review it.
exit-match = Exit code 0: match
exit-non_match = Exit code 1: not confirmed
exit-undecided = Exit code 3: undecided
exit-error = Exit code 2: an error; nothing was decided

## Reasons

heading-why = Why
heading-also = Other things to know
whose-probe = New photo: { $text }
whose-reference = Photo on file: { $text }
advice-you = What you can do: { $text }
advice-operator = For the people who run this service: { $text }

reason-several_pages = the file has several pages, and only the first was checked
    .advice = if the face is on another page, send that page as a separate picture
reason-no_face_found = no face was found
    .advice = face the camera, with light from the front and your whole head in the picture
reason-several_faces_largest_used = there are several faces; the largest was used
    .advice = check that the largest face belongs to the right person
reason-several_faces_refused = there are several faces, but there should be only one
    .advice = take the photo with only one person in the picture
reason-landmarks_outside_image = the eyes, nose or mouth are outside the picture
    .advice = hold the camera further away, so that your whole head is in the picture
reason-landmarks_unusable = the eyes, nose and mouth could not be told apart
    .advice = face the camera and keep still
reason-face_cut_by_border = the edge of the picture cuts off part of the face
    .advice = hold the camera further away, so that your whole head is in the picture
reason-face_small = the face is small, so there is little detail to compare
    .advice = come closer to the camera, or send a larger picture
reason-found_with_more_light = the face was found only after the picture was made brighter
    .advice = take the photo with more light on your face
reason-face_in_little_light = there was not much light, so the face was made clearer first
    .advice = take the photo with more light on your face
reason-found_turned = the face was found only after the picture was turned
    .advice = send the picture the right way up
reason-other_face_prominent = another person's face is nearly as large
    .advice = take the photo with nobody else near the camera
reason-face_hidden = part of the face seems to be hidden
    .advice = take off dark glasses or a mask, and move hair off your face; you can keep on what you wear for your faith or health
reason-face_out_of_proportion = the face is squashed or stretched in the picture
    .advice = send the picture as the camera took it, without changing its shape
reason-face_unclear = the picture does not show enough of the face to compare
    .advice = take a new photo from the front, in even light, with nothing in front of your face
reason-picture_negative = light and dark are reversed in the picture, as on a film negative
    .advice = send the picture in its normal colours
reason-too_little_light = the camera did not get enough light to show this face well
    .advice = turn towards a window or a lamp
reason-too_much_light = parts of the face are too bright to show any detail
    .advice = move out of the glare, and turn off the flash
reason-light_from_one_side = one side of the face is in shadow
    .advice = turn until the light comes from the front
reason-picture_flat = the face looks faded, as if seen through haze
    .advice = wipe the lens, and do not stand with the light behind you
reason-picture_blurred = the face is out of focus
    .advice = wipe the lens, hold the phone at arm's length, and tap your face on the screen to focus
reason-picture_shaken = the picture is blurred because something moved
    .advice = keep still, and rest the phone against something
reason-head_turned = the head is turned to one side
    .advice = look straight at the camera
reason-head_up_or_down = the face points up or down
    .advice = hold the camera level with your eyes
reason-head_tilted = the head or the camera is tilted
    .advice = hold your head and the camera upright
reason-picture_compressed = the file was made so small that detail was lost
    .advice = send the photo as it was taken, not a forwarded copy
reason-light_coloured = the light on the face has a strong colour
    .advice = use daylight or a white lamp
reason-liveness_not_checked = it was not checked whether a live person was in front of the camera
    .advice = do not rely on this alone where someone could hold up a photo
reason-no_attack_signs_seen = no sign of an attack was seen in the photo, but that does not prove that a person was there
    .advice = do not rely on this alone where someone could hold up a photo
reason-attack_signs_unclear = the photo may be a photo of a photo
    .advice = take a new photo of the person, or follow the steps in front of the camera
reason-attack_signs_seen = the photo looks like a photo of a screen or a print
    .advice = take a new photo of the person, not of a photo or screen; if it is refused again, a person must review it
reason-liveness_shown = a live person did what was asked, when it was asked
reason-liveness_unclear = the camera did not show enough to tell whether a live person was there
    .advice = try again slowly, in even light, with your whole face in the picture
reason-liveness_abrupt = the picture from the camera changed too fast to follow
    .advice = hold the phone still, and move more slowly
reason-liveness_pictures_missing = the camera or the connection left out pictures
    .advice = close other programs, and try again where the connection is good
reason-liveness_by_person = a machine does not decide this session in front of the camera; a person does
    .advice = you need not try again; a person will look at the pictures
reason-liveness_failed = what the camera saw did not look like a live person
    .advice = start again in front of the camera with new steps; if it is refused again, a person must review it
reason-liveness_of_other_person = the person in front of the camera is not the person in the new photo
    .advice = the same person must be in the photo and follow the steps
reason-score_at_or_above_threshold = the faces are alike enough to reach the threshold
reason-score_below_threshold = the faces are not alike enough to reach the threshold
    .advice = take a new photo in good light; if it is refused again, a person must review it
reason-score_in_review_band = the score is too close to the threshold for a machine to decide
    .advice = a person must review both photos
reason-threshold_not_calibrated = no error rate has been measured for this threshold
    .advice = measure the error rates on your own population before you rely on it
reason-identical_files = both photos are the same file, which proves nothing about a person
    .advice = use a new photo

## Liveness

heading-liveness = Was a live person there?
liveness-pass = Yes. The camera showed a live person.
liveness-fail = The camera or the photo showed signs that no live person was there. Such signs can be wrong.
liveness-inconclusive = The program could not tell. There was not enough to see.
liveness-not_checked = This was not checked.

## How a decision is made

heading-how = How it was decided
how-limit = The program measures how alike two faces look and gives this a score. If the score reaches a set threshold, the two photos count as one person.
how-claim = At this threshold, at most { $count } of pairs of different people count as one person, with 95 % confidence. This is the figure for the tested group with the most such errors. It comes from { $comparisons } comparisons.
how-no-claim = No error rate has been measured for this threshold.
how-hidden = The score is not shown here. It could help people who want to cheat.
how-score = Similarity { $score }, threshold { $limit }, on a scale that goes up to 1.
how-raw = Similarity before normalising: { $score }.
how-one-person = Two photos of one person give such a score about { $times } times as often as photos of two people.
how-two-people = Photos of two people give such a score about { $times } times as often as two photos of one person.
how-either = Two photos of one person give such a score about as often as photos of two people.
how-near-limit = This seems to point away from a match. But the threshold decides, and it was measured on other photos. A score this close to the threshold is weak proof. If a lot depends on it, ask a person to review it.
how-strict-limit = The threshold is set higher than that, so that few pairs of different people count as one person.

## Rights

heading-appeal = If you don’t agree
appeal-right = You can ask for a person to review this decision. Give the number of the decision.
appeal-contact = Where to ask
appeal-answer = Answer within
heading-data = What the program did with the photos
data-process = The program looked for the face in each photo. It turned each face into a list of numbers and compared the two lists.
data-not = It did not guess anyone’s age, sex, race or feelings. It did not search for anyone in a crowd. It sent nothing over a network.
data-record = The record of this decision does not contain the photos or these lists of numbers. It stores a checksum of each file, where the face was, and what was measured in each photo. It also stores the reasons and the names of the models.
heading-kept = What we store about you, and for how long
kept-photos = Photos
kept-templates = Lists of numbers made from faces
kept-decisions = Records of decisions
kept-days = { $days ->
    [0] not stored
    [one] { $days } day
   *[other] { $days } days
}
within-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
not-stated = not stated by the operator
none-stated = none, according to the operator

## Facts

fact-decision = Decision
fact-program = Program
fact-models = Models
fact-limit = Where the threshold comes from
fact-operator = Who runs this service
fact-contact = Contact
fact-purpose = What it is for
fact-law = Legal basis

## The page of an explanation

explanation-title = What was decided, and why

## The page of what is stored about a person

held-title = What we store about { $name }
held-made = This page was made on { $date }.
held-why = Why: { $text }
held-purpose = Purpose: { $text }
held-until = Since { $since }, until { $until }
held-no-end = Since { $since }, with no set end
held-how = How: { $text }
held-sealed = We encrypt this with a key of its own. We delete it when you ask us to, or when its time is over.
held-template = A list of numbers made from your face
held-template-why = We compare it with a new photo to check that it is you.
held-name = Your name
held-name-why = We need it to find what we store about you.
held-checksums = Checksums of your photos, and measures of how good and how alike they are, but not the photos
held-checksums-why = They help to explain decisions. They also show when the same photo is used again.
held-stated = What you told us for fairness tests
held-stated-why = With this we test if the program treats all groups the same.
held-stated-how = We encrypt this. A copy stays with each decision. The copy has a code in place of your name.
held-photo = A photo of you
held-photo-why = A person can look at it to review what the program decided. You agreed to this.
held-photo-how = We encrypt it with a key of its own. We delete it when the review ends, or when you ask us to.
held-decisions = Decisions about you, with the reasons, the scores, and what was measured in the photos
held-decisions-why = With these we can explain a decision, repeat it, check it, and review it if you ask.
held-decisions-how = The record of decisions cannot be changed. It has a code in place of your name. When we delete what we store about you, we also delete the link from this code to you.
held-photos = { $count ->
    [one] The list of numbers was made from { $count } photo.
   *[other] The list of numbers was made from { $count } photos.
}
held-photos-only = We keep a photo only if this page says so.
held-heading-decisions = Decisions about you
held-no-decisions = No decision has been made about you.
held-when = When
held-follows = What this means for you
held-confirmed = We confirmed that this is you.
held-person_must_look = A person must review this before anyone says no to you.
held-refused = You were refused. You can ask for a person to review this.
held-not_decided = A new photo is needed, or a person must review this.
held-appeal = Appeal
held-appeal-none = There is no appeal.
held-appeal-open = There is an appeal. No one has reviewed it yet.
held-appeal-under_review = A person is reviewing it now.
held-appeal-upheld = A person reviewed it. The result stays as it is.
held-appeal-overturned = A person reviewed it. The first result was wrong and was changed.
held-reviewer = What the reviewer wrote
held-heading-can = What you can do
held-can-appeal = You can ask for a person to review a decision. Give the number of the decision.
held-can-delete = You can ask us to delete what we store about you. You will get a signed receipt.

## The page of the system

system-title = How this service makes decisions about people
system-lead = This page explains what the program does, how often it is wrong, and for which groups of people. It covers ten points that services like this say too little about.
system-missing = { $count ->
    [0] The operator has stated all the facts that this page asks for.
    [one] The operator has not stated { $count } of the facts that this page asks for.
   *[other] The operator has not stated { $count } of the facts that this page asks for.
}
system-english = Text in English is quoted as it was published.

point-algorithmic_decisions = How decisions are made
no-final-no = The program alone can’t give a final no. A person must review the decision first.
column-model = Model
column-role = What it does
column-training = What it was trained on
role-detector = finds faces
role-second_detector = checks again when no face was found
role-embedder = turns a face into numbers
role-mesh = finds points on a face
role-passive_pad = tells a face from a photo of a face
models-caption = Models used
rates-lead = Errors are more common in some groups of people than in others. The table shows how often two different people were taken for one.
rates-caption = How often two different people were taken for one person
column-group = Group
column-rate = Measured
column-range = Likely range
group-everyone = everyone
rates-data = The figures come from { $comparisons } comparisons of { $people } people. They are dated { $date }.
rates-missed = For { $count } of pairs of photos of the same person, the program did not see that it was the same person (likely range: { $low } to { $high }). This comes from other photos than the table. It is not known for each group.
rates-missed-unknown = It is not known how often the program fails to see that two photos show one person.
rates-few-people = For { $groups } more groups, too few people were tested to promise anything.
rates-children = Young children look more alike to the program than adults do. Nothing is promised for children under ten. In the worst group of children, up to { $count } of pairs of different children would count as one person. It is not known how often the program fails to know a child again. A person should check each decision about a child.
rates-labels = To treat groups more evenly, the program was set up with { $people } labelled photos. Other people judged the labels, such as race, sex or age. When the program decides about you, it does not know or guess your group.

point-data_collection = What is collected, and why

point-eligibility = What a photo needs
eligibility-file = The file can be a JPEG, PNG, WebP, BMP or TIFF of up to { $pixels } million pixels.
eligibility-one-face = It must show a face. If it shows more than one, the largest is used.
eligibility-one-only = It must show only one face.
eligibility-off = The quality of photos is not checked.
eligibility-advise = If a photo is poor, you get advice. It is not refused for that.
eligibility-enforce = If a photo is too poor, it is sent back with advice.
eligibility-best = For the best results:

point-appeals = Complaints and appeals
appeals-how = Anyone can ask for a person to review a decision. What this person decides, and why, is added to the record.
appeals-counted = The service counts, for each group, how often people overrule the program.

point-oversight = Who checks the service
oversight-open = The source code is open to all. Outsiders can check the records of decisions without seeing a face.
oversight-body = Independent body
access-who = Who can see what is stored

point-retention = What is stored, and for how long
retention-default = By default, the program stores no photos.
retention-forget = What is stored about a person can be deleted. A receipt then lets others check that this was done.

point-security = How data is kept safe
security-program = The program does not use the network while it decides. It checks each model file before use. Stored lists of numbers are encrypted, with a separate key for each person.
security-record = Each record of a decision is linked to the one before it, so that any later change shows.
security-measures = What else the operator does
security-contact = Where to report a security problem

point-evaluations = How often it is tested
evaluations-how = The program can be tested at any time on the decisions it has made, group by group.
audit-date = Last test
audit-every = Time between tests
audit-result = Result of the last test
audit-verdicts = rules passed: { $passed }; rules failed: { $failed }; not settled: { $open }
audit-no-rules = no rules were tested

point-metrics = How success is measured
metrics-what = The service counts errors for each group. It counts how often two people are taken for one, and how often one person is not seen as the same. It counts how many photos can’t be used. It also counts how often people overrule the program.
metrics-stated = Results, according to the operator

point-third_parties = Who else is involved
third-nothing = The program reports to nobody. It sends no data about its use or its errors.
third-models = The models were made by others. The table in point 1 lists them. They run on the operator’s own computers, and the people who made them get no data.
third-parties = Others involved
