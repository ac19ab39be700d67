//! `evenmatch detect`: which faces does this photo show, and which one would be compared?

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use image::{Rgb, RgbImage};
use imageproc::drawing::{draw_filled_circle_mut, draw_hollow_rect_mut};
use imageproc::rect::Rect;
use serde::Serialize;

use super::exit::Exit;
use super::gate::GateArgument;
use evenmatch::{Detection, Inspection, Probe, Source, Verifier};
use evenmatch_core::{
    Error, ErrorKind, Stage,
    record::{Reason, SampleRecord},
};

const EXAMPLES: &str = "\
Examples:
  evenmatch detect selfie.jpg
  evenmatch detect selfie.jpg --annotate faces.png
  evenmatch detect selfie.jpg --json

Exit codes: 0 a face was found, 2 error, 3 no usable face.";

/// Show the faces in a photo and the crop that would be compared
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DetectArguments {
    /// The photo (JPEG, PNG, WebP, BMP or TIFF)
    #[arg(value_name = "IMG")]
    image: PathBuf,
    /// Write a PNG with boxes, landmarks and the aligned crop
    #[arg(long, value_name = "OUT.png")]
    annotate: Option<PathBuf>,
    /// What to do with photos of poor quality [default: the policy's, or advise]
    #[arg(long, value_enum)]
    gate: Option<GateArgument>,
    /// Read the rules for acquiring photos from this file
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// Print the faces as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct DetectOutput<'a> {
    schema: &'static str,
    #[serde(flatten)]
    sample: &'a SampleRecord,
    reasons: &'a [Reason],
}

/// Detects the faces, draws and prints them.
pub(crate) fn run(arguments: &DetectArguments) -> anyhow::Result<Exit> {
    super::output_files::keep_inputs(arguments.annotate.as_deref(), &[Some(&arguments.image)])?;
    let policy = super::policy::read(arguments.policy.as_deref(), arguments.gate, None)?;
    // Nothing is compared, so no calibration is needed.
    let verifier = Verifier::builder().policy(policy).uncalibrated().open()?;
    let inspection = verifier.inspect(Source::<Probe>::from(arguments.image.as_path()))?;
    if let Some(path) = &arguments.annotate {
        save_png(&annotate(&inspection), path)?;
    }
    let mut out = match arguments.json {
        true => super::terminal::data(),
        false => super::terminal::text(),
    };
    let printed = if arguments.json {
        let output = DetectOutput {
            schema: "evenmatch.detect/1",
            sample: &inspection.record,
            reasons: &inspection.reasons,
        };
        serde_json::to_writer_pretty(&mut out, &output)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        describe(&inspection, &mut out)
    };
    printed.context("standard output could not be written")?;
    Ok(if inspection.aligned.is_some() { Exit::Done } else { Exit::Undecided })
}

fn describe(inspection: &Inspection, out: &mut impl Write) -> std::io::Result<()> {
    let (width, height) = (inspection.sample.full_width(), inspection.sample.full_height());
    let faces = match inspection.detections.faces.len() {
        1 => "1 face".to_owned(),
        n => format!("{n} faces"),
    };
    writeln!(out, "{faces} in {width}×{height} pixels")?;
    for (i, face) in inspection.detections.faces.iter().enumerate() {
        let b = face.bounding_box();
        let used =
            if i == 0 && inspection.aligned.is_some() { "  ← would be compared" } else { "" };
        writeln!(
            out,
            "  {:.0}×{:.0} pixels at ({:.0}, {:.0}), score {:.2}, {:.0} pixels between the eyes{used}",
            b.width(),
            b.height(),
            b.x(),
            b.y(),
            face.score(),
            face.landmarks().inter_eye_distance()
        )?;
    }
    for reason in &inspection.reasons {
        writeln!(out, "  {} [{}]: {}", reason.code.meaning(), reason.code, reason.advice)?;
    }
    Ok(())
}

/// The photo with boxes and landmarks drawn in, and the aligned crop next to it.
///
/// The used face is orange and the others are blue, which colour-blind people can tell apart.
fn annotate(inspection: &Inspection) -> RgbImage {
    const USED: Rgb<u8> = Rgb([230, 159, 0]);
    const OTHER: Rgb<u8> = Rgb([0, 114, 178]);
    let photo = inspection.sample.pixels();
    let crop = inspection.aligned.as_ref().map(|face| face.image());
    let (crop_width, crop_height) = crop.map_or((0, 0), RgbImage::dimensions);
    let margin = if crop.is_some() { 8 } else { 0 };
    let mut canvas = RgbImage::from_pixel(
        photo.width() + margin + crop_width,
        photo.height().max(crop_height),
        Rgb([255; 3]),
    );
    image::imageops::replace(&mut canvas, photo, 0, 0);
    if let Some(crop) = crop {
        image::imageops::replace(&mut canvas, crop, i64::from(photo.width() + margin), 0);
    }
    let factor_x = photo.width() as f32 / inspection.sample.full_width() as f32;
    let factor_y = photo.height() as f32 / inspection.sample.full_height() as f32;
    // The used face comes last, so that it lies on top.
    for (i, face) in inspection.detections.faces.iter().enumerate().rev() {
        let colour = if i == 0 { USED } else { OTHER };
        draw_face(&mut canvas, face, (factor_x, factor_y), colour);
    }
    canvas
}

fn draw_face(canvas: &mut RgbImage, face: &Detection, factor: (f32, f32), colour: Rgb<u8>) {
    let b = face.bounding_box().scaled(factor.0, factor.1);
    let thickness = (canvas.width().max(canvas.height()) / 400).max(1) as i32;
    for inset in 0..thickness {
        let side = |length: f32| (length.round() as i32 - 2 * inset).max(1) as u32;
        let (x, y) = (b.x().round() as i32 + inset, b.y().round() as i32 + inset);
        let rect = Rect::at(x, y).of_size(side(b.width()), side(b.height()));
        draw_hollow_rect_mut(canvas, rect, colour);
    }
    for point in face.landmarks().scaled(factor.0, factor.1).points() {
        let centre = (point.x.round() as i32, point.y.round() as i32);
        draw_filled_circle_mut(canvas, centre, thickness + 1, colour);
    }
}

fn save_png(image: &RgbImage, path: &Path) -> anyhow::Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).map_err(|cause| {
        Error::new(ErrorKind::Io, Stage::Export, "the image could not be written")
            .in_path(path)
            .caused_by(cause)
    })?;
    super::output_files::write_atomically(path, png.get_ref())?;
    Ok(())
}
