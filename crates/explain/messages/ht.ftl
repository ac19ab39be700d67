### Haitian Creole (kreyòl ayisyen). Translated by a machine from messages/en.ftl; no native speaker
### has read it. Official spelling of 1979; "figi" for face, "imaj" for what the camera shows.

-review-status = unreviewed

language-name = Kreyòl ayisyen
note-unreviewed = Se yon machin ki tradui pawòl sa yo. Pa gen okenn moun ki pale kreyòl depi nesans ki verifye yo ankò.
note-reviewed = Yon moun ki pale kreyòl depi nesans verifye pawòl sa yo.
sentence = { $text }.
percent = { $number } %

heading-outcome = Rezilta a
outcome-match = Yo koresponn: de foto yo sanble foto menm moun nan.
outcome-non_match = Pa konfime: pwogram nan pa wè de foto yo sanble ase.
outcome-undecided = Pa deside: pwogram nan pa t kapab deside ak foto sa yo.
heading-next = Kisa k ap pase kounye a
next-match = Ou pa bezwen fè anyen.
next-non_match = Sa a se pa yon refi final. Pwogram yo konn fè erè. Anvan nenpòt moun di w non, fòk yon moun gade foto yo.
next-undecided = Sa a se pa yon refi. Ou ka eseye ankò ak yon lòt foto, epi ou ka mande pou yon moun gade l.
exit-match = Kòd sòti 0: yo koresponn
exit-non_match = Kòd sòti 1: pa konfime
exit-undecided = Kòd sòti 3: pa deside
exit-error = Kòd sòti 2: te gen yon erè; anyen pa deside

heading-why = Poukisa
heading-also = Lòt bagay ki bon pou konnen
whose-probe = Nouvo foto a: { $text }
whose-reference = Foto ki te nan dosye a: { $text }
advice-you = Sa ou ka fè: { $text }
advice-operator = Pou moun k ap okipe sèvis sa a: { $text }

reason-several_pages = fichye a gen plizyè paj, e se sèl premye paj la ki te gade
    .advice = si figi a sou yon lòt paj, voye paj sa a kòm yon imaj apa
reason-no_face_found = yo pa jwenn okenn figi
    .advice = gade kamera a anfas, ak limyè devan w epi tout tèt ou nan foto a
reason-several_faces_largest_used = gen plizyè figi; se pi gwo a yo itilize
    .advice = verifye si pi gwo figi a se figi moun ki kòrèk la
reason-several_faces_refused = gen plizyè figi, men se yon sèl yo bezwen
    .advice = pran foto a ak yon sèl moun ladan l
reason-landmarks_outside_image = je yo, nen an oswa bouch la pa nan foto a
    .advice = mete kamera a pi lwen, pou tout tèt la parèt nan foto a
reason-landmarks_unusable = yo pa t kapab distenge je yo, nen an ak bouch la
    .advice = gade kamera a anfas epi pa bouje
reason-face_cut_by_border = bò foto a koupe figi a
    .advice = mete kamera a pi lwen, pou tout tèt la parèt nan foto a
reason-face_small = figi a piti, kidonk pa gen anpil detay pou konpare
    .advice = pwoche kamera a, oswa voye yon foto ki pi gwo
reason-found_with_more_light = se sèlman apre yo fin mete plis klète nan foto a yo jwenn figi a
    .advice = pran foto a ak plis limyè sou figi a
reason-face_in_little_light = pa t gen anpil limyè, kidonk yo te rann figi a pi klè anvan
    .advice = pran foto a ak plis limyè sou figi a
reason-found_turned = se sèlman apre yo fin vire foto a yo jwenn figi a
    .advice = voye foto a dwat, pa sou kote ni tèt anba
reason-other_face_prominent = figi yon lòt moun prèske menm gwosè
    .advice = pran foto a san okenn lòt moun toupre kamera a
reason-face_hidden = gen yon pati nan figi a ki sanble kache
    .advice = retire linèt nwa oswa mask epi mete cheve yo sou kote; ou ka kite sa ou mete pou lafwa w oswa pou sante w
reason-face_out_of_proportion = figi a peze oswa detire nan foto a
    .advice = voye foto a jan kamera a te pran l lan, san w pa chanje fòm li
reason-face_unclear = foto a montre pwogram nan twò piti nan figi a pou l konpare
    .advice = pran yon nouvo foto anfas, ak yon limyè ki menm toupatou, san anyen devan figi a
reason-picture_negative = klè ak fonse nan foto a ranvèse, tankou sou yon negatif
    .advice = voye foto a ak vrè koulè li
reason-too_little_light = kamera a pa t gen ase limyè pou figi sa a
    .advice = vire fas ou bò yon fenèt oswa yon lanp
reason-too_much_light = gen pati nan figi a ki tèlman klere yo pa montre anyen
    .advice = soti nan limyè ki twò fò a, epi etenn flach la
reason-light_from_one_side = yon bò nan figi a nan lonbraj
    .advice = vire jiskaske limyè a vin devan w
reason-picture_flat = figi a pa gen anpil kontras, tankou nan bwouya
    .advice = siye lantiy kamera a, epi pa kanpe ak limyè a dèyè do w
reason-picture_blurred = figi a flou
    .advice = siye lantiy kamera a, kenbe telefòn nan ak bra w lonje, epi touche figi a sou ekran an pou l vin klè
reason-picture_shaken = foto a flou paske te gen mouvman
    .advice = pa bouje, epi apiye telefòn nan sou yon bagay
reason-head_turned = tèt la vire sou kote
    .advice = gade kamera a dwat devan
reason-head_up_or_down = figi a ap gade anlè oswa anba
    .advice = kenbe kamera a nan wotè je w
reason-head_tilted = tèt la oswa kamera a panche
    .advice = kenbe ni tèt ou ni kamera a dwat
reason-picture_compressed = yo te fè fichye a tèlman piti, li pèdi detay
    .advice = voye foto orijinal la, pa yon kopi moun te voye ba ou
reason-light_coloured = limyè ki sou figi a gen yon koulè fò
    .advice = sèvi ak limyè lajounen oswa yon lanp blan
reason-liveness_not_checked = yo pa verifye si te gen yon moun an pèsonn devan kamera a
    .advice = pa konte sou sa sèlman kote yon moun ta ka montre kamera a yon foto
reason-no_attack_signs_seen = yo pa wè okenn siy fwod nan foto a, men sa pa pwouve te gen yon moun la
    .advice = pa konte sou sa sèlman kote yon moun ta ka montre kamera a yon foto
reason-attack_signs_unclear = foto a ka yon foto yo pran sou yon lòt foto
    .advice = pran yon nouvo foto moun nan menm, oswa swiv etap yo devan kamera a
reason-attack_signs_seen = foto a sanble yo pran l sou yon ekran oswa sou yon papye enprime
    .advice = pran yon nouvo foto moun nan menm, pa yon foto ki sou foto; si yo refize l ankò, fòk yon moun gade l
reason-liveness_shown = yon moun an pèsonn te fè sa yo te mande l, nan moman yo te mande l la
reason-liveness_unclear = kamera a pa montre ase pou konnen si te gen yon moun an pèsonn la
    .advice = eseye ankò nan yon limyè ki egal toupatou, dousman, ak tout figi a nan imaj la
reason-liveness_abrupt = imaj kamera a chanje twò vit pou moun swiv li
    .advice = kenbe telefòn nan san bouje, epi fè mouvman yo pi dousman
reason-liveness_pictures_missing = kamera a oswa koneksyon an kite kèk imaj deyò
    .advice = fèmen lòt pwogram yo, epi eseye ankò kote koneksyon an bon
reason-liveness_by_person = se pa yon machin ki deside sou sesyon sa a devan kamera a, se yon moun
    .advice = ou pa bezwen eseye ankò; yon moun pral gade imaj yo
reason-liveness_failed = kamera a montre yon bagay li pa ta montre si te gen yon moun an pèsonn devan l
    .advice = rekòmanse ak nouvo etap, devan kamera a; si yo refize l ankò, fòk yon moun gade l
reason-liveness_of_other_person = moun ki devan kamera a se pa moun ki sou nouvo foto a
    .advice = se menm moun nan ki dwe sou foto a epi swiv etap yo
reason-score_at_or_above_threshold = figi yo sanble ase pou rive nan limit la
reason-score_below_threshold = figi yo pa sanble ase pou rive nan limit la
    .advice = pran yon nouvo foto nan bon limyè; si yo refize l ankò, fòk yon moun gade l
reason-score_in_review_band = figi yo twò pre limit la pou se yon machin ki deside
    .advice = fòk yon moun gade tou de foto yo
reason-threshold_not_calibrated = yo pa mezire okenn to erè pou limit sa a
    .advice = mezire to erè yo sou pwòp popilasyon w anvan ou konte sou li
reason-identical_files = tou de foto yo se menm fichye a, e sa pa pwouve anyen sou yon moun
    .advice = sèvi ak yon nouvo foto

heading-liveness = Èske te gen yon moun an pèsonn la?
liveness-pass = Wi. Kamera a montre yon moun an pèsonn.
liveness-fail = Kamera a oswa foto a montre siy ki fè kwè pa t gen moun an pèsonn la. Siy sa yo ka twonpe.
liveness-inconclusive = Yo pa konnen. Pa t gen ase bagay pou wè.
liveness-not_checked = Yo pa verifye sa.

heading-how = Kijan desizyon an pran
how-limit = Pwogram nan kalkile yon chif ki di konbyen de figi sanble. Apati yon limit, de foto yo konte kòm yon sèl moun.
how-claim = Ak limit sa a, pa plis pase { $count } nan pè moun ki diferan yo konte kòm yon sèl moun, ak yon konfyans 95 %. Chif sa a se pou gwoup ki gen plis erè konsa pami gwoup yo te teste yo. Li soti nan { $comparisons } konparezon.
how-no-claim = Yo pa mezire okenn to erè pou limit sa a.
how-hidden = Yo pa montre chif la isit la. Li ta ka ede moun ki vle twonpe pwogram nan.
how-score = Resanblans { $score }, limit { $limit }, sou yon echèl ki rive jiska 1.
how-raw = Resanblans anvan nòmalizasyon: { $score }.
how-one-person = Yon resanblans konsa parèt anviwon { $times } fwa pi souvan ant foto yon sèl moun pase ant foto de moun.
how-two-people = Yon resanblans konsa parèt anviwon { $times } fwa pi souvan ant foto de moun pase ant foto yon sèl moun.
how-either = Yon resanblans konsa parèt apeprè menm kantite fwa ant foto yon sèl moun ak ant foto de moun.
how-near-limit = Sa sanble pale kont yon koresponn. Men se limit la ki deside, e yo te mezire l sou lòt foto pase sa a. Yon resanblans ki si pre limit la se yon prèv fèb: se pou yon moun gade si anpil bagay depann de sa.
how-strict-limit = Limit la mande plis pase sa, pou se kèk pè moun diferan sèlman ki konte kòm yon sèl moun.

heading-appeal = Si ou pa dakò
appeal-right = Ou ka mande pou yon moun gade desizyon sa a ankò. Bay nimewo desizyon an.
appeal-contact = Ki kote pou mande
appeal-answer = Delè pou jwenn repons
heading-data = Sa yo fè ak foto yo
data-process = Pwogram nan chèche figi a nan chak foto. Li fè chak figi tounen yon lis chif epi li konpare de lis yo.
data-not = Li pa t eseye devine laj, sèks, ras oswa santiman pèsonn. Li pa t chèche pèsonn nan yon foul. Li pa voye anyen sou yon rezo.
data-record = Rejis desizyon sa a pa gen okenn foto ni okenn lis chif konsa ladan l. Li gen yon chif kontwòl pou chak fichye, kote figi a te ye, sa yo te mezire nan foto a, rezon yo, ak ki modèl yo te itilize.
heading-kept = Sa nou sere sou ou, ak pou konbyen tan
kept-photos = Foto yo
kept-templates = Lis chif ki fèt apati figi yo
kept-decisions = Rejis desizyon yo
kept-days = { $days ->
    [0] yo pa kenbe yo
   *[other] { $days } jou
}
within-days = { $days ->
   *[other] { $days } jou
}
not-stated = moun ki responsab sèvis la pa di sa
none-stated = okenn, dapre moun ki responsab sèvis la

fact-decision = Desizyon
fact-program = Pwogram
fact-models = Modèl yo
fact-limit = Kote limit la soti
fact-operator = Moun ki responsab sèvis sa a
fact-contact = Kontak
fact-purpose = Pou kisa l sèvi
fact-law = Baz legal

explanation-title = Sa yo deside, ak poukisa

held-title = Sa nou sere sou { $name }
held-made = Paj sa a fèt { $date }.
held-why = Poukisa: { $text }
held-purpose = Objektif: { $text }
held-until = Depi { $since } jiska { $until }
held-no-end = Depi { $since }, san yon dat fen fiks
held-how = Kijan: { $text }
held-sealed = Nou chifre sa ak yon kle apa. Nou efase l lè ou mande sa, oswa lè tan li fini.
held-template = Yon lis chif ki fèt apati figi w
held-template-why = Nou konpare l ak yon nouvo foto pou nou verifye se ou menm.
held-name = Non ou
held-name-why = Nou bezwen l pou nou jwenn sa nou sere sou ou.
held-checksums = Chif kontwòl foto ou yo, ak mezi ki di konbyen yo bon epi konbyen yo sanble, men pa foto yo
held-checksums-why = Yo ede nou esplike desizyon yo. Yo montre tou lè menm foto a sèvi ankò.
held-stated = Sa ou te di nou pou teste si tout moun trete menm jan
held-stated-why = Avèk sa nou teste si pwogram nan trete tout gwoup menm jan.
held-stated-how = Nou chifre sa. Yon kopi rete ak chak desizyon. Kopi a gen yon kòd nan plas non ou.
held-photo = Yon foto ou
held-photo-why = Yon moun ka gade l pou verifye sa pwogram nan te deside. Ou te dakò ak sa.
held-photo-how = Nou chifre l ak yon kle apa. Nou efase l lè moun yo fin gade, oswa lè ou mande sa.
held-decisions = Desizyon sou ou, ak rezon yo, chif resanblans yo, ak sa yo te mezire nan foto yo
held-decisions-why = Avèk yo nou ka esplike yon desizyon, refè l, verifye l, epi gade l ankò si ou mande sa.
held-decisions-how = Yo pa ka chanje rejis desizyon yo. Li gen yon kòd nan plas non ou. Lè nou efase sa nou sere sou ou, nou efase tou lyen ki genyen ant kòd sa a ak ou.
held-photos = Lis chif la fèt apati { $count } foto.
held-photos-only = Nou sere yon foto sèlman si paj sa a di sa.
held-heading-decisions = Desizyon sou ou
held-no-decisions = Pa gen okenn desizyon ki pran sou ou.
held-when = Kilè
held-follows = Sa sa vle di pou ou
held-confirmed = Yo konfime se ou menm.
held-person_must_look = Fòk yon moun gade sa anvan nenpòt moun di w non.
held-refused = Repons lan se te non. Ou ka mande pou yon moun gade sa.
held-not_decided = Fòk gen yon nouvo foto, oswa fòk yon moun gade sa.
held-appeal = Apèl
held-appeal-none = Pa gen apèl.
held-appeal-open = Gen yon apèl. Poko gen moun ki gade l.
held-appeal-under_review = Yon moun ap gade l kounye a.
held-appeal-upheld = Yon moun gade. Rezilta a rete jan l ye a.
held-appeal-overturned = Yon moun gade. Premye rezilta a pa t bon, yo chanje l.
held-reviewer = Sa moun nan ekri
held-heading-can = Sa ou ka fè
held-can-appeal = Ou ka mande pou yon moun gade yon desizyon ankò. Bay nimewo desizyon an.
held-can-delete = Ou ka mande nou efase sa nou sere sou ou. Ou ap jwenn yon resi ki siyen.

system-title = Kijan sèvis sa a pran desizyon sou moun
system-lead = Paj sa a di sa pwogram nan fè, konbyen fwa li fè erè, ak sou ki moun. Li gen dis pwen kote sèvis konsa yo pa t di ase.
system-missing = { $count ->
    [0] Moun ki responsab sèvis la bay tout enfòmasyon paj sa a mande.
   *[other] Moun ki responsab sèvis la pa bay { $count } nan enfòmasyon paj sa a mande yo.
}
system-english = Pawòl ki an angle yo se jan yo te pibliye yo.

point-algorithmic_decisions = Kijan desizyon yo pran
no-final-no = Pwogram nan poukont li pa bay okenn refi final. Fòk yon moun gade anvan.
column-model = Modèl
column-role = Sa li fè
column-training = Sa li te sèvi pou aprann
role-detector = jwenn figi
role-second_detector = gade ankò kote yo pa t jwenn figi
role-embedder = fè yon figi tounen chif
role-mesh = jwenn pwen sou yon figi
role-passive_pad = fè diferans ant yon figi ak foto yon figi
models-caption = Modèl yo
rates-lead = Erè yo pa menm pou tout gwoup moun. Tablo a montre konbyen fwa yo pran de moun ki diferan pou yon sèl.
rates-caption = Chak konbyen fwa yo pran de moun diferan pou yon sèl moun
column-group = Gwoup
column-rate = Sa yo mezire
column-range = Pwobableman ant
group-everyone = tout moun
rates-data = Yo mezire l sou { $people } moun nan { $comparisons } konparezon. Dat: { $date }.
rates-missed = Nan { $count } nan pè foto yon sèl moun, pwogram nan pa rekonèt se te menm moun (pwobableman ant { $low } ak { $high }). Sa soti nan lòt foto pase tablo a, e yo pa konnen l pou chak gwoup.
rates-missed-unknown = Yo pa konnen konbyen fwa pwogram nan pa rekonèt yon moun kòm menm moun nan.
rates-few-people = Pou { $groups } lòt gwoup, yo teste twò piti moun pou yo pwomèt anyen.
rates-children = Pou pwogram nan, timoun piti sanble youn ak lòt plis pase granmoun. Yo pa pwomèt anyen pou timoun ki poko gen dizan. Nan gwoup timoun ki pi mal la, jiska { $count } nan pè timoun diferan ta konte kòm yon sèl moun. Yo pa konnen konbyen fwa pwogram nan pa rekonèt yon timoun. Yon moun dwe verifye chak desizyon sou yon timoun.
rates-labels = Pou trete gwoup yo pi egal, yo te regle pwogram nan ak { $people } foto ki gen etikèt. Lòt moun te mete etikèt yo, tankou ras, sèks oswa laj. Lè pwogram nan deside sou ou, li pa konnen gwoup ou epi li pa devine l.

point-data_collection = Sa yo ranmase, ak pou kisa

point-eligibility = Sa yon foto bezwen
eligibility-file = Fichye a ka JPEG, PNG, WebP, BMP oswa TIFF, ak jiska { $pixels } milyon piksèl.
eligibility-one-face = Li dwe montre yon figi. Si li montre plizyè, se pi gwo a yo itilize.
eligibility-one-only = Li dwe montre yon sèl figi.
eligibility-off = Yo pa jije kalite foto yo.
eligibility-advise = Lè yon foto pa bon, yo bay konsèy. Yo pa refize l pou sa.
eligibility-enforce = Lè yon foto twò move, yo voye l tounen ak konsèy.
eligibility-best = Men kijan l pi bon:

point-appeals = Plent ak apèl
appeals-how = Nenpòt moun ka mande pou yon moun gade yon desizyon ankò. Yo mete sa moun nan deside, ak rezon an, nan rejis la.
appeals-counted = Pou chak gwoup, yo konte konbyen fwa moun korije pwogram nan.

point-oversight = Kiyès ki siveye l
oversight-open = Kòd sous la louvri. Moun ki pa nan sèvis la ka verifye rejis desizyon yo san yo pa wè okenn figi.
oversight-body = Òganis ki endepandan
access-who = Kiyès ki ka gade sa yo kenbe

point-retention = Sa yo sere, ak pou konbyen tan
retention-default = Poukont li, pwogram nan pa kenbe okenn foto.
retention-forget = Yo ka efase sa yo sere sou yon moun. Apre sa, yon resi pèmèt lòt moun verifye yo te efase l.

point-security = Kijan yo pwoteje l
security-program = Pwogram nan pa louvri okenn koneksyon rezo pandan l ap deside. Li verifye chak fichye modèl anvan li sèvi ak li. Lis chif yo sere yo chifre, ak yon kle apa pou chak moun.
security-record = Rejis desizyon yo mare youn ak lòt, konsa yon chanjman ki fèt apre ap parèt.
security-measures = Lòt bagay moun ki responsab sèvis la fè
security-contact = Ki kote pou rapòte yon feblès

point-evaluations = Chak konbyen tan yo teste l
evaluations-how = Yo ka teste pwogram nan nenpòt lè sou sa li te deside, gwoup pa gwoup.
audit-date = Dènye tès
audit-every = Tan ant de tès
audit-result = Rezilta dènye tès la
audit-verdicts = règ ki respekte: { $passed }; règ ki pa respekte: { $failed }; ki poko klè: { $open }
audit-no-rules = yo pa teste okenn règ

point-metrics = Kijan yo mezire siksè
metrics-what = Pou chak gwoup, yo konte konbyen fwa yo pran de moun pou yon sèl, konbyen fwa yo pa rekonèt yon moun kòm menm moun nan, konbyen foto yo pa ka sèvi, ak konbyen fwa moun korije pwogram nan.
metrics-stated = Rezilta yo, dapre moun ki responsab sèvis la

point-third_parties = Ki lòt moun ki ladan l
third-nothing = Pwogram nan pa bay pèsonn rapò. Li pa voye done sou jan yo sèvi ak li ni sou erè.
third-models = Se lòt moun ki fè modèl yo. Tablo ki nan pwen 1 an bay non yo. Yo mache sou machin moun ki responsab sèvis la, e moun ki fè yo pa resevwa okenn done.
third-parties = Lòt moun oswa konpayi ki ladan l
