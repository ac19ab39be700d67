//! Flat pictures of a face, moved and bent in front of a camera: a print, and a tablet.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};

use super::head::{HeadState, Turn, shade, unit_vector};
use super::triangles::{Openings, Part, Triangle, Vertex, draw, gain};
use crate::degrade::unit as random_unit;

/// What the picture is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Printed in dots on paper that curls and shines a little.
    Print,
    /// Shown by a screen: its own gamma, a grid of pixels, a black frame, a sharp reflection.
    Tablet,
}

/// Cells of the sheet on each side: fine enough for paper that curls.
const CELLS: usize = 16;
/// Distance of the camera in widths of the sheet.
const CAMERA: f32 = 2.2;
/// Width of a tablet's frame as a share of its picture.
const FRAME: f32 = 0.06;

/// How a flat picture is held at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct SheetState {
    /// Turned as a head would be; `right`, `down` and `nearer` are in widths of the sheet, and the
    /// camera is 2.2 of them away.
    pub(super) held: HeadState,
    /// Depth of its left and right edge behind its middle, in widths; negative in front of it.
    pub(super) curl: f32,
}

/// A flat picture, and the room behind it.
#[derive(Debug, Clone)]
pub(super) struct Flat {
    picture: RgbImage,
    room: RgbImage,
    medium: Medium,
    /// Width in pixels of the frame's picture when held upright at the middle distance.
    width: f32,
    light: [f32; 3],
    glare: f32,
}

impl Flat {
    /// A picture as this medium shows it. `width` is how wide it appears, in pixels.
    pub(super) fn new(
        picture: &RgbImage,
        room: RgbImage,
        medium: Medium,
        width: f32,
        random: &mut ChaCha8Rng,
    ) -> Flat {
        let picture = match medium {
            Medium::Print => printed(picture),
            Medium::Tablet => shown(picture),
        };
        let mut draw = || random_unit(random) as f32;
        let light = unit_vector([draw() - 0.5, -0.6 * draw(), -1.0]);
        let glare = match medium {
            Medium::Print => 0.10 * draw(),
            Medium::Tablet => 0.25 * draw(),
        };
        Flat { picture, room, medium, width, light, glare }
    }

    /// The same, showing another picture.
    pub(super) fn showing(&self, picture: &RgbImage) -> Flat {
        let picture = match self.medium {
            Medium::Print => printed(picture),
            Medium::Tablet => shown(picture),
        };
        Flat { picture, room: self.room.clone(), ..*self }
    }

    /// The image of the sheet held like this.
    pub(super) fn render(&self, state: &SheetState) -> RgbImage {
        let (columns, rows) = self.picture.dimensions();
        let aspect = rows as f32 / columns as f32;
        let turn = Turn::of(&state.held);
        let (middle_x, middle_y) =
            (self.room.width() as f32 / 2.0, self.room.height() as f32 / 2.0);
        let mut vertices = Vec::with_capacity((CELLS + 1) * (CELLS + 1));
        for row in 0..=CELLS {
            for column in 0..=CELLS {
                let (u, v) = (column as f32 / CELLS as f32, row as f32 / CELLS as f32);
                let (x, y) = (u - 0.5, aspect * (v - 0.5));
                // A parabola across: paper that bends about a vertical axis.
                let bent = 4.0 * state.curl * x * x;
                let [x, y, z] = turn.apply([x, y, bent]);
                let away = (CAMERA + z - state.held.nearer).max(0.3);
                let scale = self.width * CAMERA / away;
                let normal = turn.apply(unit_vector([8.0 * state.curl * (u - 0.5), 0.0, -1.0]));
                let light = shade(normal, self.light) / shade([0.0, 0.0, -1.0], self.light);
                vertices.push(Vertex {
                    at: [
                        middle_x + scale * (x + state.held.right),
                        middle_y + scale * (y + state.held.down),
                        away,
                    ],
                    texture: [u * (columns - 1) as f32, v * (rows - 1) as f32],
                    // A screen emits its own light.
                    gain: if self.medium == Medium::Tablet { 1.0 } else { gain(light) },
                    lid: 0.0,
                });
            }
        }
        let mut triangles = Vec::with_capacity(2 * CELLS * CELLS);
        for cell in 0..CELLS * CELLS {
            let first = cell / CELLS * (CELLS + 1) + cell % CELLS;
            let (right, below) = (first + 1, first + CELLS + 1);
            triangles.push(Triangle { corners: [first, right, below], part: Part::Surface });
            triangles.push(Triangle { corners: [right, below, below + 1], part: Part::Surface });
        }
        let mut image = self.room.clone();
        draw(&mut image, &self.picture, &vertices, &triangles, &Openings::AS_THEY_ARE);
        self.shine(&mut image, state);
        image
    }

    /// A reflection that moves over the sheet twice as fast as the sheet turns.
    fn shine(&self, image: &mut RgbImage, state: &SheetState) {
        let (width, height) = image.dimensions();
        let x = width as f32 * (0.3 + state.held.yaw / 40.0) + state.held.right * self.width;
        let y = height as f32 * (0.3 - state.held.pitch / 40.0);
        let size = match self.medium {
            Medium::Print => 0.35 * width as f32,
            Medium::Tablet => 0.12 * width as f32,
        };
        for (column, row, pixel) in image.enumerate_pixels_mut() {
            let square = ((column as f32 - x).powi(2) + (row as f32 - y).powi(2)) / (size * size);
            if square < 9.0 {
                let glare = 255.0 * self.glare * (-square).exp();
                pixel.0 = pixel.0.map(|channel| (f32::from(channel) + glare).min(255.0) as u8);
            }
        }
    }
}

/// Ink on paper: less contrast and colour, and dots in a screen rotated by 45 degrees.
fn printed(picture: &RgbImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let pixel = picture.get_pixel(x, y).0.map(f32::from);
        let grey = pixel.iter().sum::<f32>() / 3.0;
        // Dots of about two pixels: what a camera sees of 150 lines per inch at arm's length.
        let (p, q) = ((x + y) as f32, x as f32 - y as f32);
        let dots = 5.0 * ((1.7 * p).sin() + (1.7 * q).sin());
        Rgb(pixel.map(|channel| {
            let faded = 24.0 + 0.82 * (grey + 0.85 * (channel - grey)) + dots;
            faded.clamp(0.0, 255.0) as u8
        }))
    })
}

/// A screen: steeper gamma, cold white, a grid of pixels, and a black frame around it.
fn shown(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let frame = (FRAME * width as f32) as u32;
    RgbImage::from_fn(width + 2 * frame, height + 2 * frame, |x, y| {
        let inside = (frame..frame + width).contains(&x) && (frame..frame + height).contains(&y);
        if !inside {
            return Rgb([8; 3]);
        }
        let pixel = picture.get_pixel(x - frame, y - frame).0;
        let grid = if x % 3 == 2 || y % 3 == 2 { 0.93 } else { 1.0 };
        let cold = [0.96, 1.0, 1.05];
        let mut channel = 0;
        Rgb(pixel.map(|value| {
            let shown = 255.0 * (f32::from(value) / 255.0).powf(1.12) * grid * cold[channel] + 6.0;
            channel += 1;
            shown.clamp(0.0, 255.0) as u8
        }))
    })
}
