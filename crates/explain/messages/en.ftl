### English. Every other language is held to this file when the crate is built (build.rs): the same
### messages, the same attributes, the same variables.
### The texts of reasons are those of src/record/reason.rs, word for word; tests/messages.rs holds
### them equal. They begin in lower case and have no full stop: `sentence` makes sentences of them.
### `-review-status` is `unreviewed` until a native speaker has read the whole file.

-review-status = unreviewed

language-name = English
note-unreviewed = These words were written by a machine. No native speaker has checked them yet.
note-reviewed = A native speaker has checked these words.
# Turns a reason or an advice into a sentence.
sentence = { $text }.

## Outcomes and what follows

heading-outcome = The outcome
outcome-match = Match: the two photos look like the same person.
outcome-non_match = Not confirmed: the two photos did not look alike enough to the program.
outcome-undecided = Undecided: the program could not decide from these photos.
heading-next = What happens now
next-match = You need not do anything.
next-non_match = This is not a final no. Programs make mistakes. Before anyone says no to you, a person must look.
next-undecided = This is not a no. You can try again with a new photo, and you can ask that a person looks.
exit-match = Exit code 0: match
exit-non_match = Exit code 1: not confirmed
exit-undecided = Exit code 3: undecided
exit-error = Exit code 2: an error; nothing was decided

## Reasons

heading-why = Why
heading-also = Also good to know
whose-probe = New photo: { $text }
whose-reference = Photo on file: { $text }
advice-you = What you can do: { $text }
advice-operator = For those who run this service: { $text }

reason-several_pages = the file holds several pages, and only the first was looked at
    .advice = if the face is on another page, send that page as a picture of its own
reason-no_face_found = no face was found
    .advice = face the camera, with light from the front and the whole head in the picture
reason-several_faces_largest_used = there are several faces; the largest was used
    .advice = check that the largest face is the right person's
reason-several_faces_refused = there are several faces, and one is needed
    .advice = take the photo with one person in the picture
reason-landmarks_outside_image = eyes, nose or mouth are outside the picture
    .advice = hold the camera further away, so that the whole head is in the picture
reason-landmarks_unusable = eyes, nose and mouth could not be told apart
    .advice = face the camera and keep still
reason-face_cut_by_border = the edge of the picture cuts the face
    .advice = hold the camera further away, so that the whole head is in the picture
reason-face_small = the face is small, so little detail can be compared
    .advice = come closer to the camera, or send a larger picture
reason-found_with_more_light = the face was found only after the picture was made brighter
    .advice = take the photo with more light on the face
reason-face_in_little_light = there was little light, so the face was made clearer first
    .advice = take the photo with more light on the face
reason-found_turned = the face was found only after the picture was turned
    .advice = send the picture the right way up
reason-other_face_prominent = somebody else's face is nearly as large
    .advice = take the photo with nobody else near the camera
reason-face_hidden = part of the face seems to be hidden
    .advice = take off dark glasses or a mask and move hair aside; what you wear for your faith or health may stay
reason-face_out_of_proportion = the face is squashed or stretched in the picture
    .advice = send the picture as the camera took it, without changing its shape
reason-face_unclear = the picture shows the program too little of the face to compare
    .advice = take a new photo from the front, in even light, with nothing in front of the face
reason-picture_negative = the light and dark of the picture are reversed, as on a negative
    .advice = send the picture in its true colours
reason-too_little_light = the camera had too little light for this face
    .advice = turn towards a window or a lamp
reason-too_much_light = parts of the face are so bright that they show nothing
    .advice = move out of the glare, and switch off the flash
reason-light_from_one_side = one side of the face is in the shadow
    .advice = turn until the light comes from the front
reason-picture_flat = the face shows little contrast, as through haze
    .advice = wipe the lens, and do not stand with the light behind you
reason-picture_blurred = the face is out of focus
    .advice = wipe the lens, hold the phone at arm's length, and tap on the face to focus
reason-picture_shaken = the picture was blurred by movement
    .advice = hold still, and rest the phone against something
reason-head_turned = the head is turned to a side
    .advice = look straight into the camera
reason-head_up_or_down = the face points up or down
    .advice = hold the camera level with your eyes
reason-head_tilted = the head or the camera is tilted
    .advice = hold head and camera upright
reason-picture_compressed = the file was made so small that detail was lost
    .advice = send the original picture, not a forwarded copy
reason-light_coloured = the light on the face has a strong colour
    .advice = use daylight or a white lamp
reason-liveness_not_checked = whether a live person was in front of the camera was not checked
    .advice = do not rely on this alone where somebody could hold up a photo
reason-no_attack_signs_seen = no sign of an attack was seen in the photo, which does not show that a person was there
    .advice = do not rely on this alone where somebody could hold up a photo
reason-attack_signs_unclear = the photo may be a picture of a picture
    .advice = take a new photo of the person, or follow the steps in front of the camera
reason-attack_signs_seen = the photo looks like a picture of a screen or of a print
    .advice = take a new photo of the person, not of a picture; if it is refused again, a person must look
reason-liveness_shown = a live person did what was asked, when it was asked
reason-liveness_unclear = the camera did not show enough to tell that a live person was there
    .advice = try again in even light, slowly, with the whole face in the picture
reason-liveness_failed = the camera showed what a live person in front of it would not
    .advice = start again with a new challenge, in front of the camera; if it is refused again, a person must look
reason-liveness_of_other_person = the person in front of the camera is not the one on the new photo
    .advice = the same person must take the photo and follow the steps
reason-score_at_or_above_threshold = the faces are as alike as the threshold asks, or more
reason-score_below_threshold = the faces are less alike than the threshold asks
    .advice = take a new photo in good light; if it is refused again, a person must look
reason-score_in_review_band = the faces are too near the threshold for a machine to decide
    .advice = a person must look at both photos
reason-threshold_not_calibrated = no measured error rate stands behind this threshold
    .advice = measure the error rates on your own population before relying on it
reason-identical_files = both photos are the same file, which proves nothing about a person
    .advice = compare a new photo

## Liveness

heading-liveness = Was a live person there?
liveness-pass = Yes. The camera showed a live person.
liveness-fail = The camera or the photo showed signs that no live person was there. Such signs can be wrong.
liveness-inconclusive = This stayed open. There was not enough to see.
liveness-not_checked = This was not checked.

## How a decision is made

heading-how = How it was decided
how-limit = The program works out how alike two faces look, as a number. From a set limit on, the two photos count as one person.
how-claim = At this limit, at most { $count } of 10,000 pairs of different people count as one person, with 95 % confidence. This is so for the group with the most such errors, of the groups that were tested. It was measured in { $comparisons } comparisons.
how-no-claim = No measured error rate stands behind this limit.
how-hidden = The number is not shown here. It could help people who want to cheat.
how-score = Likeness { $score }, limit { $limit }; 1 is the most there is.
how-raw = Likeness before scores were evened out between faces: { $score }.
how-one-person = Such a likeness is about { $times } times as common between photos of one person as of two people.
how-two-people = Such a likeness is about { $times } times as common between photos of two people as of one person.
how-either = Such a likeness is about as common between photos of one person as of two people.
how-near-limit = That seems to speak against a match. But the limit decides, and it was measured on other photos than this. A likeness so near to the limit is weak proof: let a person look if much depends on it.
how-strict-limit = The limit asks for more than that, so that few pairs of different people count as one person.

## Rights

heading-appeal = If you do not agree
appeal-right = You can ask that a person looks at this decision again. Give the number of the decision.
appeal-contact = Where to ask
appeal-answer = Answer within
heading-data = What was done with the photos
data-process = The program looked for the face in each photo. It turned each face into a list of numbers and compared the two lists.
data-not = It did not guess anyone’s age, sex, race or feelings. It did not search for anyone in a crowd. It sent nothing over a network.
data-record = The record of this decision holds no photo and no such list of numbers. It holds a check sum of each file, where the face was, what was measured of the photo, the reasons, and which models were used.
heading-kept = What is kept, and for how long
kept-photos = Photos
kept-templates = Lists of numbers made from faces
kept-decisions = Records of decisions
kept-days = { $days ->
    [0] not kept
    [one] { $days } day
   *[other] { $days } days
}
within-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
not-stated = not stated by the operator
none-stated = none, says the operator

## Facts

fact-decision = Decision
fact-program = Program
fact-models = Models
fact-limit = Where the limit comes from
fact-operator = Who runs this service
fact-contact = Contact
fact-purpose = What it is for
fact-law = Legal ground

## The page of an explanation

explanation-title = What was decided, and why

## The page of the system

system-title = How this service decides about people
system-lead = This page says what the program does, how often it is wrong, and for whom. It has ten points, on which such services have said too little.
system-missing = { $count ->
    [0] The operator has stated all facts that this page asks for.
    [one] The operator has not stated { $count } of the facts that this page asks for.
   *[other] The operator has not stated { $count } of the facts that this page asks for.
}
system-english = Words in English are quoted as they were published.

point-algorithmic_decisions = How decisions are made
no-final-no = The program alone gives no final no. A person must look first.
column-model = Model
column-role = What it does
column-training = What it learned from
role-detector = finds faces
role-second_detector = looks again where no face was found
role-embedder = turns a face into numbers
role-mesh = finds points on a face
role-passive_pad = tells a face from a picture of one
models-caption = The models
rates-lead = Errors are not the same for all groups of people. The table shows how often two different people were taken for one.
rates-caption = Pairs of different people taken for one person, of 10,000
column-group = Group
column-rate = Measured
column-range = Likely range
group-everyone = everyone
rates-data = Measured on { $people } people in { $comparisons } comparisons. Made on { $date }.
rates-missed = Of 10,000 pairs of photos of one person, { $count } were not seen as one person (likely range { $low } to { $high }). This comes from other photos than the table and is not known for each group.
rates-missed-unknown = It is not known how often one person is not seen as the same person.

point-data_collection = What is collected, and what for

point-eligibility = What a photo needs
eligibility-file = The file can be JPEG, PNG, WebP, BMP or TIFF, with up to { $pixels } million pixels.
eligibility-one-face = It must show a face. If it shows more than one, the largest is used.
eligibility-one-only = It must show one face only.
eligibility-off = The quality of photos is not judged.
eligibility-advise = A poor photo brings advice. It is not refused for that.
eligibility-enforce = A photo that is too poor is sent back with advice.
eligibility-best = It works best like this:

point-appeals = Complaints and appeals
appeals-how = Anyone can ask that a person looks at a decision again. The person’s decision and reason are added to the record.
appeals-counted = It is counted how often people overrule the program, for each group.

point-oversight = Who watches over it
oversight-open = The source code is open. Outsiders can check the records of decisions without seeing a face.
oversight-body = Outside body
access-who = Who can look at what is kept

point-retention = What is stored, and for how long
retention-default = By itself the program keeps no photos.
retention-forget = What is stored about a person can be deleted. A receipt then lets others check that it was.

point-security = How it is kept safe
security-program = The program opens no network connection while it decides. It checks each model file before use. Stored lists of numbers are locked with a key for each person.
security-record = Records of decisions are chained, so that a later change shows.
security-measures = What else the operator does
security-contact = Where to report a weak point

point-evaluations = How often it is tested
evaluations-how = The program can be tested at any time on what it decided, group by group.
audit-date = Last test
audit-every = Time between tests
audit-result = Result of the last test
audit-verdicts = rules kept: { $passed }; rules broken: { $failed }; still open: { $open }
audit-no-rules = no rule was tested

point-metrics = How success is measured
metrics-what = For each group it is counted how often two people are taken for one, how often one person is not seen as the same, how many photos cannot be used, and how often people overrule the program.
metrics-stated = Results, as the operator states them

point-third_parties = Who else is involved
third-nothing = The program reports to nobody. It sends no data on use or on errors.
third-models = The models were made by others. The table in point 1 names them. They run on the operator’s own machines, and their makers get no data.
third-parties = Others involved
