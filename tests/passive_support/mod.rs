//! Recaptures of a photo, by simulation: what the limits of passive signals are tuned on, and in
//! which direction a signal must move. No figure that comes from these is one of real attacks.
//!
//! Every kind works on linear light, ends with shot and read noise, and with a JPEG of quality 90
//! unless said otherwise. The camera sees the face at the photo's own size, or twice that.
#![allow(dead_code, unreachable_pub)]

use std::io::Cursor;

use evenmatch::BoundingBox;
use evenmatch_core::random::SplitMix;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};

/// Simulated numbers.
pub struct Random(SplitMix);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(SplitMix::from_state(seed))
    }

    pub fn unit(&mut self) -> f32 {
        self.0.unit_f32()
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Near enough to a normal number.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    /// Either sign.
    fn sign(&mut self) -> f32 {
        if self.unit() < 0.5 { -1.0 } else { 1.0 }
    }
}

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A screen whose pixels are 2 to 4 of the camera's, turned by 2 to 12 degrees.
    ScreenGrid,
    /// A screen whose pixels are .85 to 1.7 of the camera's: what is seen is the beat of the two.
    Moire,
    /// A print in three inks of dots on grids at 15, 45 and 75 degrees, 3 to 7 camera pixels apart.
    Halftone,
    /// A print without a grid: black is raised to .02 to .08 of white, colours are paled.
    PlainPrint,
    /// No recapture: cut out of a JPEG of quality 50 to 80, and saved again at quality 92.
    DisplacedJpeg,
    /// A tablet with a black bezel, turned by 1 to 10 degrees in front of a textured wall.
    Bezel,
    /// A print with a white border, in front of the same.
    WhiteBorder,
    /// The mirror image of a lamp, hard-edged, on a tablet's glass.
    LampInGlass,
    /// No recapture: a drawn picture without any noise and without a JPEG.
    Noiseless,
}

pub const KINDS: [Kind; 9] = [
    Kind::ScreenGrid,
    Kind::Moire,
    Kind::Halftone,
    Kind::PlainPrint,
    Kind::DisplacedJpeg,
    Kind::Bezel,
    Kind::WhiteBorder,
    Kind::LampInGlass,
    Kind::Noiseless,
];

/// A simulated picture, and where the face is in it.
pub struct Recapture {
    pub picture: RgbImage,
    pub face: BoundingBox,
}

/// Light of a pixel of the photo at a place, by bilinear interpolation; `None` beside it.
struct Light {
    width: usize,
    height: usize,
    values: Vec<[f32; 3]>,
}

pub fn linear(value: u8) -> f32 {
    let x = f32::from(value) / 255.0;
    if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
}

pub fn encoded(light: f32) -> u8 {
    let x = light.clamp(0.0, 1.0);
    let x = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
    (255.0 * x).round() as u8
}

impl Light {
    fn of(photo: &RgbImage) -> Self {
        let values = photo.pixels().map(|p| p.0.map(linear)).collect();
        Light { width: photo.width() as usize, height: photo.height() as usize, values }
    }

    fn nearest(&self, x: f32, y: f32) -> Option<[f32; 3]> {
        let (x, y) = (x.round(), y.round());
        let inside =
            x >= 0.0 && y >= 0.0 && (x as usize) < self.width && (y as usize) < self.height;
        inside.then(|| self.values[y as usize * self.width + x as usize])
    }

    fn at(&self, x: f32, y: f32) -> Option<[f32; 3]> {
        let (w, h) = (self.width as f32 - 1.0, self.height as f32 - 1.0);
        if x < -0.5 || y < -0.5 || x > w + 0.5 || y > h + 0.5 {
            return None;
        }
        let (x, y) = (x.clamp(0.0, w), y.clamp(0.0, h));
        let (l, t) = (x as usize, y as usize);
        let (r, b) = ((l + 1).min(self.width - 1), (t + 1).min(self.height - 1));
        let (u, v) = (x - l as f32, y - t as f32);
        let value = |x: usize, y: usize| self.values[y * self.width + x];
        Some(std::array::from_fn(|c| {
            (1.0 - v) * ((1.0 - u) * value(l, t)[c] + u * value(r, t)[c])
                + v * ((1.0 - u) * value(l, b)[c] + u * value(r, b)[c])
        }))
    }
}

/// A camera's picture of `scene`, which gives the light at a place in camera pixels: `samples²`
/// samples a pixel, a Gaussian of `blur` pixels.
fn capture(
    (width, height): (u32, u32),
    samples: usize,
    blur: f32,
    scene: impl Fn(f32, f32) -> [f32; 3],
) -> Vec<[f32; 3]> {
    let (w, h) = (width as usize, height as usize);
    let mut out = Vec::with_capacity(w * h);
    for i in 0..w * h {
        let mut sum = [0.0; 3];
        for s in 0..samples * samples {
            let place = |at: usize, s: usize| at as f32 + (s as f32 + 0.5) / samples as f32 - 0.5;
            let light = scene(place(i % w, s % samples), place(i / w, s / samples));
            sum.iter_mut().zip(light).for_each(|(sum, light)| *sum += light);
        }
        out.push(sum.map(|sum| sum / (samples * samples) as f32));
    }
    blurred(&out, w, h, blur)
}

fn blurred(light: &[[f32; 3]], w: usize, h: usize, sigma: f32) -> Vec<[f32; 3]> {
    let reach = (3.0 * sigma).ceil() as isize;
    let weights: Vec<f32> =
        (-reach..=reach).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = weights.iter().sum();
    let pass = |light: &[[f32; 3]], along: bool| -> Vec<[f32; 3]> {
        (0..w * h)
            .map(|i| {
                let (x, y) = ((i % w) as isize, (i / w) as isize);
                let mut sum = [0.0; 3];
                for (d, weight) in (-reach..=reach).zip(&weights) {
                    let (x, y) = if along { (x + d, y) } else { (x, y + d) };
                    let x = x.clamp(0, w as isize - 1) as usize;
                    let y = y.clamp(0, h as isize - 1) as usize;
                    for c in 0..3 {
                        sum[c] += weight / total * light[y * w + x][c];
                    }
                }
                sum
            })
            .collect()
    };
    pass(&pass(light, true), false)
}

/// Noise of 6,000 photo-electrons of full light and 10 of reading, then 8 bits.
fn developed(light: &[[f32; 3]], (width, height): (u32, u32), random: &mut Random) -> RgbImage {
    const ELECTRONS: f32 = 6000.0;
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(light[(y * width + x) as usize].map(|light| {
            let count = light.clamp(0.0, 1.2) * ELECTRONS;
            let seen = count + count.sqrt() * random.normal() + 10.0 * random.normal();
            encoded(seen / ELECTRONS)
        }))
    })
}

pub fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    image::load_from_memory_with_format(bytes.get_ref(), ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn scaled(face: &BoundingBox, by: f32) -> BoundingBox {
    BoundingBox::from_xywh(face.x() * by, face.y() * by, face.width() * by, face.height() * by)
}

/// A recapture of this kind; `seed` draws what differs from one to the next.
pub fn recapture(photo: &RgbImage, face: &BoundingBox, kind: Kind, seed: u64) -> Recapture {
    let mut random = Random::new(seed.wrapping_mul(31).wrapping_add(kind as u64));
    match kind {
        Kind::ScreenGrid => {
            let pitch = random.between(2.0, 4.0);
            screen(photo, face, pitch, &mut random)
        }
        Kind::Moire => {
            let pitch = random.between(0.85, 1.7);
            screen(photo, face, pitch, &mut random)
        }
        Kind::Halftone => halftone(photo, face, &mut random),
        Kind::PlainPrint => plain_print(photo, face, &mut random),
        Kind::DisplacedJpeg => displaced(photo, face, &mut random),
        Kind::Bezel => framed(photo, face, [0.015; 3], (0.03, 0.12), false, &mut random),
        Kind::WhiteBorder => framed(photo, face, [0.8; 3], (0.04, 0.12), false, &mut random),
        Kind::LampInGlass => framed(photo, face, [0.015; 3], (0.03, 0.12), true, &mut random),
        Kind::Noiseless => {
            let light = Light::of(photo);
            let size = (2 * photo.width(), 2 * photo.height());
            let seen = capture(size, 1, 4.0, |x, y| {
                light.at((x - 0.5) / 2.0, (y - 0.5) / 2.0).unwrap_or([0.0; 3])
            });
            let picture = RgbImage::from_fn(size.0, size.1, |x, y| {
                Rgb(seen[(y * size.0 + x) as usize].map(encoded))
            });
            Recapture { picture, face: scaled(face, 2.0) }
        }
    }
}

/// A liquid-crystal screen: every pixel of `pitch` camera pixels has three upright stripes of its
/// colours and a dark row below. The photo fills the screen so that its face has twice its size.
fn screen(photo: &RgbImage, face: &BoundingBox, pitch: f32, random: &mut Random) -> Recapture {
    let light = Light::of(photo);
    let size = (2 * photo.width(), 2 * photo.height());
    let angle = random.sign() * random.between(2.0, 12.0_f32).to_radians();
    let (sin, cos) = angle.sin_cos();
    let (cx, cy) = (size.0 as f32 / 2.0, size.1 as f32 / 2.0);
    let blur = random.between(0.4, 0.7);
    let seen = capture(size, 4, blur, |x, y| {
        // The screen's own axes are turned; its picture is turned back, as if held straight.
        let (dx, dy) = (x - cx, y - cy);
        let (u, v) = ((cos * dx + sin * dy) / pitch, (cos * dy - sin * dx) / pitch);
        let (column, row) = (u.floor(), v.floor());
        let (across, down) = (u - column, v - row);
        let (mx, my) = ((column + 0.5) * pitch, (row + 0.5) * pitch);
        let (px, py) = (cos * mx - sin * my + cx, sin * mx + cos * my + cy);
        let colour = light.at((px - 0.5) / 2.0, (py - 0.5) / 2.0).unwrap_or([0.0; 3]);
        let lit = if down < 0.85 { 3.0 / 0.85 } else { 0.0 };
        let stripe = ((across * 3.0) as usize).min(2);
        // Black of a screen is not without light.
        std::array::from_fn(|c| 0.004 + if c == stripe { lit * colour[c] } else { 0.0 })
    });
    let picture = jpeg(&developed(&seen, size, random), 90);
    Recapture { picture, face: scaled(face, 2.0) }
}

/// Dots that cover as much of the paper as the ink's share asks for.
fn halftone(photo: &RgbImage, face: &BoundingBox, random: &mut Random) -> Recapture {
    let light = Light::of(photo);
    let size = (2 * photo.width(), 2 * photo.height());
    let period = random.between(3.0, 7.0);
    let turn = random.between(-8.0, 8.0);
    let angles = [15.0, 75.0, 45.0_f32].map(|angle| (angle + turn).to_radians().sin_cos());
    let blur = random.between(0.5, 0.9);
    let seen = capture(size, 3, blur, |x, y| {
        let wanted = light.at((x - 0.5) / 2.0, (y - 0.5) / 2.0).unwrap_or([1.0; 3]);
        std::array::from_fn(|c| {
            let (sin, cos) = angles[c];
            let wave = |v: f32| (std::f32::consts::TAU * v / period).cos();
            // 0 to 1, each value over about the same area.
            let height = 0.5 + 0.25 * (wave(cos * x + sin * y) + wave(cos * y - sin * x));
            if height > wanted[c] { 0.05 } else { 0.85 }
        })
    });
    let picture = jpeg(&developed(&seen, size, random), 90);
    Recapture { picture, face: scaled(face, 2.0) }
}

/// Ink on paper without a grid, under room light.
fn plain_print(photo: &RgbImage, face: &BoundingBox, random: &mut Random) -> Recapture {
    let light = Light::of(photo);
    let size = photo.dimensions();
    let black = random.between(0.02, 0.08);
    let white = random.between(0.6, 0.85);
    let pale = random.between(0.5, 0.8);
    let blur = random.between(0.6, 1.0);
    let seen = capture(size, 1, blur, |x, y| {
        let wanted = light.at(x, y).unwrap_or([1.0; 3]);
        let grey = wanted.iter().sum::<f32>() / 3.0;
        wanted.map(|value| black + (white - black) * (grey + pale * (value - grey)))
    });
    Recapture { picture: jpeg(&developed(&seen, size, random), 90), face: *face }
}

fn displaced(photo: &RgbImage, face: &BoundingBox, random: &mut Random) -> Recapture {
    let quality = random.between(50.0, 80.0) as u8;
    let first = jpeg(photo, quality);
    let (dx, dy) = (random.between(1.0, 7.99) as u32, random.between(2.0, 6.99) as u32);
    let (width, height) = (photo.width() - 8, photo.height() - 8);
    let cut = image::imageops::crop_imm(&first, dx, dy, width, height).to_image();
    let face = BoundingBox::from_xywh(
        face.x() - dx as f32,
        face.y() - dy as f32,
        face.width(),
        face.height(),
    );
    Recapture { picture: jpeg(&cut, 92), face }
}

/// The photo as a sheet or on a screen, cut to 2.2 times the face's box, with a border, held at a
/// slant in front of a wall; with a lamp mirrored in it or not.
fn framed(
    photo: &RgbImage,
    face: &BoundingBox,
    border: [f32; 3],
    border_width: (f32, f32),
    lamp: bool,
    random: &mut Random,
) -> Recapture {
    let light = Light::of(photo);
    let (fw, fh) = (face.width(), face.height());
    let (cx, cy) = (face.x() + fw / 2.0, face.y() + fh / 2.0);
    let angle = random.sign() * random.between(1.0, 10.0_f32).to_radians();
    let (sin, cos) = angle.sin_cos();
    // Half of what is shown, and the border's width, in pixels of the photo.
    let half = (random.between(0.8, 1.1) * fw, random.between(0.8, 1.0) * fh);
    let wide = random.between(border_width.0, border_width.1) * (fw + fh);
    let size = ((3.4 * fw) as u32, (3.4 * fh) as u32);
    let middle = (size.0 as f32 / 2.0, size.1 as f32 / 2.0);
    let wall = [random.between(0.1, 0.6), random.between(0.1, 0.6), random.between(0.1, 0.6)];
    let lean = random.between(-0.3, 0.3);
    let spot = (random.between(-0.3, 0.3) * fw, random.between(-0.3, 0.1) * fh);
    let spot_size = (random.between(0.05, 0.12) * fw, random.between(0.05, 0.12) * fw);
    let blur = random.between(0.5, 0.8);
    let seen = capture(size, 2, blur, |x, y| {
        let (dx, dy) = (x - middle.0, y - middle.1);
        let (u, v) = (cos * dx + sin * dy, cos * dy - sin * dx);
        if u.abs() > half.0 + wide || v.abs() > half.1 + wide {
            let shade = 1.0 + lean * dx / middle.0 + 0.15 * (0.11 * x).sin() * (0.07 * y).cos();
            return wall.map(|light| light * shade);
        }
        if u.abs() > half.0 || v.abs() > half.1 {
            return border;
        }
        let shown = light.at(cx + u, cy + v).unwrap_or([0.1; 3]);
        let glares = lamp
            && ((u - spot.0) / spot_size.0).abs().max(((v - spot.1) / spot_size.1).abs()) < 1.0;
        shown.map(|light| 0.01 + light + if glares { 1.0 } else { 0.0 })
    });
    let picture = jpeg(&developed(&seen, size, random), 90);
    let face = BoundingBox::from_xywh(middle.0 - fw / 2.0, middle.1 - fh / 2.0, fw, fh);
    Recapture { picture, face }
}
