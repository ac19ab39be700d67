//! Why a decision came out as it did: a closed list of codes.

use serde::{Deserialize, Serialize};

/// The stage a reason belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonStage {
    /// Turning bytes into pixels.
    Decode,
    /// Finding the face.
    Detect,
    /// Judging the photo.
    Quality,
    /// Presentation attack detection.
    Liveness,
    /// Comparing templates.
    Compare,
}

/// Whose photo a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonSubject {
    /// The photo presented now.
    Probe,
    /// The photo stored earlier.
    Reference,
}

/// Every possible reason. `docs/REASONS.md` lists them for people who read records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The file holds several pages or views; the first was used.
    SeveralPages,
    /// No face was found in any attempt.
    NoFaceFound,
    /// There are several faces; the largest was used.
    SeveralFacesLargestUsed,
    /// There are several faces and the policy accepts only one.
    SeveralFacesRefused,
    /// The eyes, nose or mouth are outside the image.
    LandmarksOutsideImage,
    /// The detector's landmarks do not form a face.
    LandmarksUnusable,
    /// The border of the image cuts off part of the face.
    FaceCutByBorder,
    /// The face has fewer pixels than the crop used for comparison.
    FaceSmall,
    /// The face was found only after brightening the image.
    FoundWithMoreLight,
    /// Noise hides the face; the image was smoothed and brightened.
    FaceInLittleLight,
    /// The face was found only after rotating the photo.
    FoundTurned,
    /// Another person's face is nearly as large.
    OtherFaceProminent,
    /// Part of the face does not look like the rest of it.
    FaceHidden,
    /// The face is squashed or stretched.
    FaceOutOfProportion,
    /// The embedder sees too little of the face for a meaningful comparison.
    FaceUnclear,
    /// Light and dark are reversed.
    PictureNegative,
    /// The camera had too little light for this face.
    TooLittleLight,
    /// Parts of the face are clipped to white.
    TooMuchLight,
    /// One side of the face is lit far more than the other.
    LightFromOneSide,
    /// The face has little contrast for its brightness.
    PictureFlat,
    /// The face lacks fine detail.
    PictureBlurred,
    /// The face lacks fine detail in one direction.
    PictureShaken,
    /// The head is turned to one side.
    HeadTurned,
    /// The head points up or down.
    HeadUpOrDown,
    /// The head or the camera is tilted.
    HeadTilted,
    /// Compression has removed detail.
    PictureCompressed,
    /// The light has a strong colour.
    LightColoured,
    /// Liveness was not checked.
    LivenessNotChecked,
    /// The photo shows no sign of an attack, which does not prove that a person was there.
    NoAttackSignsSeen,
    /// A passive signal calls for more evidence.
    AttackSignsUnclear,
    /// A passive signal indicates an attack.
    AttackSignsSeen,
    /// The challenge session shows a live person.
    LivenessShown,
    /// The challenge session does not settle whether a live person was there.
    LivenessUnclear,
    /// The picture of the challenge session changed too abruptly to be judged.
    LivenessAbrupt,
    /// Pictures of the challenge session are missing, or stood still.
    LivenessPicturesMissing,
    /// The challenge session was one that only a person can judge.
    LivenessByPerson,
    /// The challenge session shows an attack.
    LivenessFailed,
    /// The challenge session shows a different person from the probe.
    LivenessOfOtherPerson,
    /// The score reaches the threshold.
    ScoreAtOrAboveThreshold,
    /// The score does not reach the threshold.
    ScoreBelowThreshold,
    /// The score is too close to the threshold for a machine to decide.
    ScoreInReviewBand,
    /// No error rate has been measured for the threshold.
    ThresholdNotCalibrated,
    /// Both photos are the same file.
    IdenticalFiles,
}

impl ReasonCode {
    /// All codes, in the order of the stages.
    pub const ALL: [ReasonCode; 43] = [
        ReasonCode::SeveralPages,
        ReasonCode::NoFaceFound,
        ReasonCode::SeveralFacesLargestUsed,
        ReasonCode::SeveralFacesRefused,
        ReasonCode::LandmarksOutsideImage,
        ReasonCode::LandmarksUnusable,
        ReasonCode::FaceCutByBorder,
        ReasonCode::FaceSmall,
        ReasonCode::FoundWithMoreLight,
        ReasonCode::FaceInLittleLight,
        ReasonCode::FoundTurned,
        ReasonCode::OtherFaceProminent,
        ReasonCode::FaceHidden,
        ReasonCode::FaceOutOfProportion,
        ReasonCode::FaceUnclear,
        ReasonCode::PictureNegative,
        ReasonCode::TooLittleLight,
        ReasonCode::TooMuchLight,
        ReasonCode::LightFromOneSide,
        ReasonCode::PictureFlat,
        ReasonCode::PictureBlurred,
        ReasonCode::PictureShaken,
        ReasonCode::HeadTurned,
        ReasonCode::HeadUpOrDown,
        ReasonCode::HeadTilted,
        ReasonCode::PictureCompressed,
        ReasonCode::LightColoured,
        ReasonCode::LivenessNotChecked,
        ReasonCode::NoAttackSignsSeen,
        ReasonCode::AttackSignsUnclear,
        ReasonCode::AttackSignsSeen,
        ReasonCode::LivenessShown,
        ReasonCode::LivenessUnclear,
        ReasonCode::LivenessAbrupt,
        ReasonCode::LivenessPicturesMissing,
        ReasonCode::LivenessByPerson,
        ReasonCode::LivenessFailed,
        ReasonCode::LivenessOfOtherPerson,
        ReasonCode::ScoreAtOrAboveThreshold,
        ReasonCode::ScoreBelowThreshold,
        ReasonCode::ScoreInReviewBand,
        ReasonCode::ThresholdNotCalibrated,
        ReasonCode::IdenticalFiles,
    ];

    /// Whether this reason means that so little of the face is visible that a low score says
    /// nothing about who it is; such a comparison is left undecided. A partly hidden face counts
    /// only if the embedder also finds it unclear.
    pub fn leaves_no_evidence(self) -> bool {
        use ReasonCode as R;
        matches!(
            self,
            R::LandmarksOutsideImage | R::FaceOutOfProportion | R::FaceUnclear | R::PictureNegative
        )
    }

    /// The stage at which this reason arises.
    pub fn stage(self) -> ReasonStage {
        use ReasonCode as R;
        match self {
            R::SeveralPages => ReasonStage::Decode,
            R::NoFaceFound
            | R::SeveralFacesLargestUsed
            | R::SeveralFacesRefused
            | R::LandmarksOutsideImage
            | R::LandmarksUnusable => ReasonStage::Detect,
            R::FaceCutByBorder
            | R::FaceSmall
            | R::FoundWithMoreLight
            | R::FaceInLittleLight
            | R::FoundTurned
            | R::OtherFaceProminent
            | R::FaceHidden
            | R::FaceOutOfProportion
            | R::FaceUnclear
            | R::PictureNegative
            | R::TooLittleLight
            | R::TooMuchLight
            | R::LightFromOneSide
            | R::PictureFlat
            | R::PictureBlurred
            | R::PictureShaken
            | R::HeadTurned
            | R::HeadUpOrDown
            | R::HeadTilted
            | R::PictureCompressed
            | R::LightColoured => ReasonStage::Quality,
            R::LivenessNotChecked
            | R::NoAttackSignsSeen
            | R::AttackSignsUnclear
            | R::AttackSignsSeen
            | R::LivenessShown
            | R::LivenessUnclear
            | R::LivenessAbrupt
            | R::LivenessPicturesMissing
            | R::LivenessByPerson
            | R::LivenessFailed
            | R::LivenessOfOtherPerson => ReasonStage::Liveness,
            R::ScoreAtOrAboveThreshold
            | R::ScoreBelowThreshold
            | R::ScoreInReviewBand
            | R::ThresholdNotCalibrated
            | R::IdenticalFiles => ReasonStage::Compare,
        }
    }

    /// What the reason means, in plain words.
    pub fn meaning(self) -> &'static str {
        use ReasonCode as R;
        match self {
            R::SeveralPages => "the file has several pages, and only the first was checked",
            R::NoFaceFound => "no face was found",
            R::SeveralFacesLargestUsed => "there are several faces; the largest was used",
            R::SeveralFacesRefused => "there are several faces, but there should be only one",
            R::LandmarksOutsideImage => "the eyes, nose or mouth are outside the picture",
            R::LandmarksUnusable => "the eyes, nose and mouth could not be told apart",
            R::FaceCutByBorder => "the edge of the picture cuts off part of the face",
            R::FaceSmall => "the face is small, so there is little detail to compare",
            R::FoundWithMoreLight => "the face was found only after the picture was made brighter",
            R::FaceInLittleLight => "there was not much light, so the face was made clearer first",
            R::FoundTurned => "the face was found only after the picture was turned",
            R::OtherFaceProminent => "another person's face is nearly as large",
            R::FaceHidden => "part of the face seems to be hidden",
            R::FaceOutOfProportion => "the face is squashed or stretched in the picture",
            R::FaceUnclear => "the picture does not show enough of the face to compare",
            R::PictureNegative => {
                "light and dark are reversed in the picture, as on a film negative"
            }
            R::TooLittleLight => "the camera did not get enough light to show this face well",
            R::TooMuchLight => "parts of the face are too bright to show any detail",
            R::LightFromOneSide => "one side of the face is in shadow",
            R::PictureFlat => "the face looks faded, as if seen through haze",
            R::PictureBlurred => "the face is out of focus",
            R::PictureShaken => "the picture is blurred because something moved",
            R::HeadTurned => "the head is turned to one side",
            R::HeadUpOrDown => "the face points up or down",
            R::HeadTilted => "the head or the camera is tilted",
            R::PictureCompressed => "the file was made so small that detail was lost",
            R::LightColoured => "the light on the face has a strong colour",
            R::LivenessNotChecked => {
                "it was not checked whether a live person was in front of the camera"
            }
            R::NoAttackSignsSeen => {
                "no sign of an attack was seen in the photo, but that does not prove that a person was there"
            }
            R::AttackSignsUnclear => "the photo may be a photo of a photo",
            R::AttackSignsSeen => "the photo looks like a photo of a screen or a print",
            R::LivenessShown => "a live person did what was asked, when it was asked",
            R::LivenessUnclear => {
                "the camera did not show enough to tell whether a live person was there"
            }
            R::LivenessAbrupt => "the picture from the camera changed too fast to follow",
            R::LivenessPicturesMissing => "the camera or the connection left out pictures",
            R::LivenessByPerson => {
                "a machine does not decide this session in front of the camera; a person does"
            }
            R::LivenessFailed => "what the camera saw did not look like a live person",
            R::LivenessOfOtherPerson => {
                "the person in front of the camera is not the person in the new photo"
            }
            R::ScoreAtOrAboveThreshold => "the faces are alike enough to reach the threshold",
            R::ScoreBelowThreshold => "the faces are not alike enough to reach the threshold",
            R::ScoreInReviewBand => {
                "the score is too close to the threshold for a machine to decide"
            }
            R::ThresholdNotCalibrated => "no error rate has been measured for this threshold",
            R::IdenticalFiles => {
                "both photos are the same file, which proves nothing about a person"
            }
        }
    }

    /// What to do about it; empty if there is nothing to do.
    pub fn advice(self) -> &'static str {
        use ReasonCode as R;
        match self {
            R::SeveralPages => {
                "if the face is on another page, send that page as a separate picture"
            }
            R::NoFaceFound => {
                "face the camera, with light from the front and your whole head in the picture"
            }
            R::SeveralFacesLargestUsed => "check that the largest face belongs to the right person",
            R::SeveralFacesRefused => "take the photo with only one person in the picture",
            R::LandmarksOutsideImage | R::FaceCutByBorder => {
                "hold the camera further away, so that your whole head is in the picture"
            }
            R::LandmarksUnusable => "face the camera and keep still",
            R::FaceSmall => "come closer to the camera, or send a larger picture",
            R::FoundWithMoreLight | R::FaceInLittleLight => {
                "take the photo with more light on your face"
            }
            R::FoundTurned => "send the picture the right way up",
            R::OtherFaceProminent => "take the photo with nobody else near the camera",
            R::FaceHidden => {
                "take off dark glasses or a mask, and move hair off your face; you can keep on what you wear for your faith or health"
            }
            R::FaceOutOfProportion => {
                "send the picture as the camera took it, without changing its shape"
            }
            R::FaceUnclear => {
                "take a new photo from the front, in even light, with nothing in front of your face"
            }
            R::PictureNegative => "send the picture in its normal colours",
            R::TooLittleLight => "turn towards a window or a lamp",
            R::TooMuchLight => "move out of the glare, and turn off the flash",
            R::LightFromOneSide => "turn until the light comes from the front",
            R::PictureFlat => "wipe the lens, and do not stand with the light behind you",
            R::PictureBlurred => {
                "wipe the lens, hold the phone at arm's length, and tap your face on the screen to focus"
            }
            R::PictureShaken => "keep still, and rest the phone against something",
            R::HeadTurned => "look straight at the camera",
            R::HeadUpOrDown => "hold the camera level with your eyes",
            R::HeadTilted => "hold your head and the camera upright",
            R::PictureCompressed => "send the photo as it was taken, not a forwarded copy",
            R::LightColoured => "use daylight or a white lamp",
            R::LivenessNotChecked => {
                "do not rely on this alone where someone could hold up a photo"
            }
            R::NoAttackSignsSeen => "do not rely on this alone where someone could hold up a photo",
            R::AttackSignsUnclear => {
                "take a new photo of the person, or follow the steps in front of the camera"
            }
            R::AttackSignsSeen => {
                "take a new photo of the person, not of a photo or screen; if it is refused again, a person must review it"
            }
            R::LivenessShown => "",
            R::LivenessUnclear => {
                "try again slowly, in even light, with your whole face in the picture"
            }
            R::LivenessAbrupt => "hold the phone still, and move more slowly",
            R::LivenessPicturesMissing => {
                "close other programs, and try again where the connection is good"
            }
            R::LivenessByPerson => "you need not try again; a person will look at the pictures",
            R::LivenessFailed => {
                "start again in front of the camera with new steps; if it is refused again, a person must review it"
            }
            R::LivenessOfOtherPerson => "the same person must be in the photo and follow the steps",
            R::ScoreAtOrAboveThreshold => "",
            R::ScoreBelowThreshold => {
                "take a new photo in good light; if it is refused again, a person must review it"
            }
            R::ScoreInReviewBand => "a person must review both photos",
            R::ThresholdNotCalibrated => {
                "measure the error rates on your own population before you rely on it"
            }
            R::IdenticalFiles => "use a new photo",
        }
    }
}

impl std::fmt::Display for ReasonCode {
    /// The code as written in records, such as `no_face_found`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// One reason for a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which reason.
    pub code: ReasonCode,
    /// The stage at which it arose.
    pub stage: ReasonStage,
    /// The measured value, if there is one.
    pub value: Option<f32>,
    /// The limit it was compared with, if there is one.
    pub limit: Option<f32>,
    /// The photo it is about, if it is about one.
    pub subject: Option<ReasonSubject>,
    /// Whether it decided the outcome; otherwise it is for information only.
    pub decisive: bool,
    /// What to do about it, in plain words; empty if there is nothing to do.
    pub advice: String,
}

impl Reason {
    /// A decisive reason.
    pub fn new(code: ReasonCode) -> Self {
        Reason {
            code,
            stage: code.stage(),
            value: None,
            limit: None,
            subject: None,
            decisive: true,
            advice: code.advice().to_owned(),
        }
    }

    /// Adds the measured value and the limit it was compared with.
    #[must_use]
    pub fn measured(mut self, value: f32, limit: f32) -> Self {
        (self.value, self.limit) = (Some(value), Some(limit));
        self
    }

    /// Says which of the two photos it is about.
    #[must_use]
    pub fn about(mut self, subject: ReasonSubject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Marks it as information that did not decide the outcome.
    #[must_use]
    pub fn advisory(mut self) -> Self {
        self.decisive = false;
        self
    }
}
