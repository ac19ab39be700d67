//! A person to simulate: a still photo on the canvas of a camera, with the mesh of its face.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::{Rgb, RgbImage};
use imageproc::filter::gaussian_blur_f32;

use super::head::{Head, unit_vector};
use super::triangles::between;
use crate::Result;
use crate::degrade::unit;
use evenmatch::{Landmarks5, Point, mesh::FaceMesh};

/// Size of the frames, in pixels.
pub const WIDTH: u32 = 640;
/// Size of the frames, in pixels.
pub const HEIGHT: u32 = 480;
/// Distance between the eyes, in pixels of a frame: drawn from this range.
const EYE_DISTANCE: (f64, f64) = (70.0, 90.0);
/// Where the middle of the face lies.
const MIDDLE: Point = Point::new(320.0, 245.0);
/// The photo fades over this many pixels into a stand-in for the rest of the room.
const FADE: f32 = 14.0;
/// A photo whose face is turned further than this to a side, or up or down, in degrees, does not
/// show a face that looks into a camera. What the mesh takes for level differs more between faces.
const MOST_TURNED: (f32, f32) = (18.0, 25.0);

/// A person who can be simulated.
#[derive(Debug, Clone)]
pub struct Actor {
    pub(super) head: Head,
    /// The person's photo as an attacker would print or show it: head and shoulders.
    pub(super) portrait: RgbImage,
}

impl Actor {
    /// A person from a photo with the landmarks of the face in it. `None` if the face is turned
    /// away, or the mesh finds none.
    ///
    /// # Errors
    ///
    /// The mesh's network fails.
    pub fn from_photo(
        photo: &RgbImage,
        landmarks: &Landmarks5,
        mesh: &FaceMesh,
        seed: u64,
    ) -> Result<Option<Actor>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut evenly = |low: f64, high: f64| low + (high - low) * unit(&mut random);
        let wanted = evenly(EYE_DISTANCE.0, EYE_DISTANCE.1) as f32;
        let light = unit_vector([evenly(-0.7, 0.7) as f32, evenly(-0.7, 0.1) as f32, -1.0]);
        let scale = wanted / landmarks.inter_eye_distance().max(1.0);
        let points = landmarks.points();
        let middle = points
            .iter()
            .fold(Point::new(0.0, 0.0), |sum, p| Point::new(sum.x + p.x / 5.0, sum.y + p.y / 5.0));
        let still = canvas(photo, middle, scale);
        let moved = |p: &Point| {
            Point::new(MIDDLE.x + scale * (p.x - middle.x), MIDDLE.y + scale * (p.y - middle.y))
        };
        let moved = Landmarks5(std::array::from_fn(|n| moved(&points[n])));
        let Some(rough) = mesh.locate(&still, &moved)? else { return Ok(None) };
        let Some(fine) = mesh.locate(&still, &rough.landmarks5())? else { return Ok(None) };
        let pose = fine.pose();
        let turned = pose.yaw.abs() > MOST_TURNED.0 || pose.pitch.abs() > MOST_TURNED.1;
        if fine.presence < 0.5 || turned {
            return Ok(None);
        }
        let portrait = image::imageops::crop_imm(&still, 130, 20, 380, 440).to_image();
        Ok(Head::new(still, &fine, light).map(|head| Actor { head, portrait }))
    }
}

/// The photo at this scale with the middle of its face in the middle of a frame. Around it, its
/// blurred border continues.
fn canvas(photo: &RgbImage, middle: Point, scale: f32) -> RgbImage {
    // So blurred that no second face is detected in it.
    let blurred = gaussian_blur_f32(photo, 0.18 * photo.width().max(photo.height()) as f32 + 0.5);
    let (width, height) = (photo.width() as f32, photo.height() as f32);
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let u = middle.x + (x as f32 - MIDDLE.x) / scale;
        let v = middle.y + (y as f32 - MIDDLE.y) / scale;
        let inside = u.min(v).min(width - 1.0 - u).min(height - 1.0 - v);
        let share = (inside * scale / FADE).clamp(0.0, 1.0);
        let around = between(&blurred, u, v);
        let colour = if share > 0.0 { between(photo, u, v) } else { around };
        Rgb(std::array::from_fn(|c| (around[c] + share * (colour[c] - around[c]) + 0.5) as u8))
    })
}

/// A room drawn without a photo: walls, furniture, shadows; out of focus.
pub(super) fn room(random: &mut ChaCha8Rng) -> RgbImage {
    let mut draw = || unit(random) as f32;
    let wall: [f32; 3] = std::array::from_fn(|_| 90.0 + 110.0 * draw());
    let mut image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let shade = 0.8 + 0.25 * (x as f32 / WIDTH as f32) - 0.15 * (y as f32 / HEIGHT as f32);
        Rgb(wall.map(|c| (c * shade).clamp(0.0, 255.0) as u8))
    });
    for _ in 0..9 {
        let (left, top) = (draw() * WIDTH as f32, draw() * HEIGHT as f32);
        let (right, bottom) = (left + 40.0 + 160.0 * draw(), top + 40.0 + 200.0 * draw());
        let colour: [u8; 3] = std::array::from_fn(|_| (30.0 + 200.0 * draw()) as u8);
        let (right, bottom) = (right.min(WIDTH as f32) as u32, bottom.min(HEIGHT as f32) as u32);
        for y in top as u32..bottom {
            for x in left as u32..right {
                image.put_pixel(x, y, Rgb(colour));
            }
        }
    }
    gaussian_blur_f32(&image, 3.0)
}
