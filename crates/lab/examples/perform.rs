//! A simulated person in front of a camera, for tests of pages that open one: `scripts/check_live.py`
//! lets a browser's camera show what this prints.
//!
//! ```sh
//! cargo run -p evenmatch-lab --example perform PHOTO
//! ```
//!
//! Standard input has lines: `frame MS` asks for the picture at a time, `STEP MS` (such as
//! `turn_left 4200`) tells the person to do something. Each `frame` is answered with a JPEG after its
//! length, 4 bytes, big-endian. Exit code 3: nobody on the photo can be simulated.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use evenmatch::{EncodedSample, Error, ErrorKind, Policy, Result, Stage, Verifier};
use evenmatch::{mesh::FaceMesh, model::Profile, pad::Step};
use evenmatch_lab::simulate::{Actor, Performer, TakeSettings};
use image::codecs::jpeg::JpegEncoder;

/// JPEG quality, of 100: the page compresses the picture once more.
const QUALITY: u8 = 95;
const NOBODY: u8 = 3;

fn refuse(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Setup, message.to_owned())
        .next("perform PHOTO, then lines such as `frame 100` on standard input")
}

fn broken(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, Stage::Setup, "the other end is gone").caused_by(cause)
}

fn main() -> Result<ExitCode> {
    let photo = std::env::args().nth(1).ok_or_else(|| refuse("no photo is named"))?;
    let verifier = Verifier::open(Profile::Latency, Policy::default())?;
    let sample = EncodedSample::from_path(photo.as_ref(), &verifier.policy().limits)?.decode()?;
    let found = verifier.detector().detect(&sample)?;
    let [face] = found.faces.as_slice() else { return Ok(NOBODY.into()) };
    let mesh = FaceMesh::open(Profile::Latency)?;
    let Some(actor) = Actor::from_photo(sample.pixels(), face.landmarks(), &mesh, 5)? else {
        return Ok(NOBODY.into());
    };
    let mut performer = Performer::new(&actor, TakeSettings::default());
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(broken)?;
        let asked = line.split_once(' ').and_then(|(what, at)| Some((what, at.parse().ok()?)));
        let (what, at) = asked.ok_or_else(|| refuse("this is no line of ours"))?;
        if what == "frame" {
            let mut jpeg = Vec::new();
            JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
                .encode_image(&performer.frame(at))
                .map_err(|_| refuse("a frame cannot be encoded"))?;
            out.write_all(&(jpeg.len() as u32).to_be_bytes()).map_err(broken)?;
            out.write_all(&jpeg).map_err(broken)?;
            out.flush().map_err(broken)?;
        } else {
            let step: Step =
                serde_json::from_value(what.into()).map_err(|_| refuse("there is no such step"))?;
            performer.ask(step, at);
        }
    }
    Ok(ExitCode::SUCCESS)
}
