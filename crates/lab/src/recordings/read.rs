//! From a video to its frames and their times.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Frame;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch::{DecodeLimits, pad::Frames};

/// How many frames of a video are read, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Frames per second at most: of a video that has more, those nearest to even times are kept.
    pub fps: f64,
    /// The longer side of the frames, in pixels.
    pub side: u32,
    /// Seconds to leave out at the start.
    pub from: f64,
    /// Seconds to read at most.
    pub seconds: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { fps: 15.0, side: 640, from: 0.0, seconds: 30.0 }
    }
}

impl Sampling {
    /// Whether the programs that read videos, `ffmpeg` and `ffprobe`, are installed.
    pub fn is_possible() -> bool {
        ["ffmpeg", "ffprobe"].iter().all(|program| {
            let mut command = Command::new(program);
            command.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    }

    /// The frames of a video, upright, each with its own time in milliseconds since the first.
    ///
    /// # Errors
    ///
    /// ffmpeg is not installed, or cannot read the video.
    pub fn read(&self, video: &Path) -> Result<Vec<Frame>> {
        let times = times(video)?;
        let side = self.side;
        let scale =
            format!("scale='if(gte(iw,ih),{side},-2)':'if(gte(iw,ih),-2,{side})':flags=area");
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-i"])
            .arg(video)
            .args(["-vf", &scale, "-fps_mode", "passthrough", "-f", "image2pipe"])
            .args(["-c:v", "ppm", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| unreadable(video, "ffmpeg could not be started").caused_by(cause))?;
        let Some(pipe) = child.stdout.take() else {
            return Err(unreadable(video, "ffmpeg has no output"));
        };
        let mut kept = Vec::new();
        let mut first = None;
        let frames = Frames::piped(pipe, 1.0, &DecodeLimits::default())?;
        for (frame, at) in frames.zip(times) {
            let Some((image, _)) = frame? else { continue };
            let seconds = at - self.from;
            if seconds > self.seconds {
                break;
            }
            // Half a frame early is as near to an even time as half a frame late.
            let since = seconds - *first.get_or_insert(seconds.max(0.0));
            let due = kept.len() as f64 / self.fps;
            if seconds >= 0.0 && since >= due - 0.25 / self.fps {
                kept.push((image, (1000.0 * since.max(0.0)).round() as u64));
            } else if seconds < 0.0 {
                first = None;
            }
        }
        // It may still be writing what nobody reads.
        drop(child.kill());
        child.wait().map_err(|cause| unreadable(video, "ffmpeg failed").caused_by(cause))?;
        if kept.is_empty() {
            return Err(unreadable(video, "ffmpeg found no frames in this video"));
        }
        Ok(kept)
    }
}

/// When each frame of a video is shown, in seconds, in the order of display.
fn times(video: &Path) -> Result<Vec<f64>> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries"])
        .args(["frame=best_effort_timestamp_time", "-of", "csv=p=0"])
        .arg(video)
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| unreadable(video, "ffprobe could not be started").caused_by(cause))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let times: Vec<f64> =
        text.lines().filter_map(|line| line.split(',').next()?.trim().parse().ok()).collect();
    if !output.status.success() || times.is_empty() {
        return Err(unreadable(video, "ffprobe found no frames in this video"));
    }
    Ok(times)
}

fn unreadable(video: &Path, message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message)
        .in_path(video)
        .next("install ffmpeg (Debian: apt-get install ffmpeg), and pass a video that it can play")
}
