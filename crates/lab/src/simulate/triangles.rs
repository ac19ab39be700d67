//! Textured triangles, drawn with a depth buffer: all the graphics that the simulator needs.

use image::{Rgb, RgbImage};

/// A corner of triangles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vertex {
    /// Where it is drawn, in pixels, and its depth, which grows away from the camera.
    pub(super) at: [f32; 3],
    /// Where its colour is in the texture, in pixels.
    pub(super) texture: [f32; 2],
    /// The factor for its values; see [`gain`].
    pub(super) gain: f32,
    /// How far a lid must have come down to cover it, 0 to 1; used inside the eyes.
    pub(super) lid: f32,
}

/// A triangle, by the numbers of its corners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Triangle {
    pub(super) corners: [usize; 3],
    pub(super) part: Part,
}

/// What a triangle is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Whatever the texture shows.
    Surface,
    /// The inside of the mouth: dark where visible.
    Mouth,
    /// An eye, which a lid may cover.
    Eye,
}

/// How far the face's openings are open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Openings {
    /// How much of the mouth's inside shows, 0 to 1.
    pub(super) mouth: f32,
    /// How far down the lids are, 0 to 1.
    pub(super) lids: f32,
    /// Colour of the lids.
    pub(super) skin: [f32; 3],
}

impl Openings {
    /// As in the texture.
    pub(super) const AS_THEY_ARE: Openings = Openings { mouth: 0.0, lids: 0.0, skin: [0.0; 3] };
}

/// What the inside of a mouth looks like.
const MOUTH: [f32; 3] = [52.0, 22.0, 24.0];

/// Lashes: this much darker than the skin, over this share of the eye's height above the lid's rim.
const LASHES: (f32, f32) = (0.45, 0.22);

/// Draws triangles over an image.
pub(super) fn draw(
    target: &mut RgbImage,
    texture: &RgbImage,
    vertices: &[Vertex],
    triangles: &[Triangle],
    openings: &Openings,
) {
    let (width, height) = target.dimensions();
    let mut depths = vec![f32::INFINITY; (width * height) as usize];
    for triangle in triangles {
        let [a, b, c] = triangle.corners.map(|corner| vertices[corner]);
        let area = cross(a.at, b.at, c.at);
        // Triangles turned away from the camera would show their back, which they do not have.
        let flat = |v: Vertex| [v.texture[0], v.texture[1], 0.0];
        let front = cross(flat(a), flat(b), flat(c));
        if area.abs() < 1e-6 || !area.is_finite() || area * front < 0.0 {
            continue;
        }
        let span = |axis: usize, limit: u32| {
            let values = [a.at[axis], b.at[axis], c.at[axis]];
            let low = values.iter().copied().fold(f32::INFINITY, f32::min).ceil().max(0.0);
            let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max).floor();
            (low as u32, (high.min(limit as f32 - 1.0) + 1.0).max(0.0) as u32)
        };
        let ((left, right), (top, bottom)) = (span(0, width), span(1, height));
        // Shares change by the same amounts from pixel to pixel.
        let steps = [(b, c), (c, a), (a, b)].map(|(from, to)| (from.at[1] - to.at[1]) / area);
        for y in top..bottom {
            let first = [left as f32, y as f32, 0.0];
            let mut shares = [
                cross(b.at, c.at, first) / area,
                cross(c.at, a.at, first) / area,
                cross(a.at, b.at, first) / area,
            ];
            let (begin, end) = within(&shares, &steps, right.saturating_sub(left));
            let skipped = begin as f32 - 1.0;
            (0..3).for_each(|n| shares[n] += skipped * steps[n]);
            for x in left + begin..left + end {
                (0..3).for_each(|n| shares[n] += steps[n]);
                let [first, second, third] = shares;
                let mix = |[a, b, c]: [f32; 3]| a * first + b * second + c * third;
                let depth = mix([a.at[2], b.at[2], c.at[2]]);
                let place = (y * width + x) as usize;
                if depth >= depths[place] {
                    continue;
                }
                depths[place] = depth;
                let u = mix([a.texture[0], b.texture[0], c.texture[0]]);
                let v = mix([a.texture[1], b.texture[1], c.texture[1]]);
                let mut colour = between(texture, u, v);
                match triangle.part {
                    Part::Surface => {}
                    Part::Mouth => {
                        for (channel, dark) in colour.iter_mut().zip(MOUTH) {
                            *channel += openings.mouth * (dark - *channel);
                        }
                    }
                    Part::Eye => {
                        let above = openings.lids - mix([a.lid, b.lid, c.lid]);
                        if openings.lids > 0.0 && above >= 0.0 {
                            let shade = if above < LASHES.1 { LASHES.0 } else { 1.0 };
                            colour = openings.skin.map(|channel| channel * shade);
                        }
                    }
                }
                let gain = mix([a.gain, b.gain, c.gain]);
                let pixel = colour.map(|channel| (channel * gain + 0.5).min(255.0) as u8);
                target.put_pixel(x, y, Rgb(pixel));
            }
        }
    }
}

/// Which of the next pixels of a row are in a triangle, if the shares of its corners are `shares`
/// in the first one and change by `steps`: the first one, and the one after the last.
fn within(shares: &[f32; 3], steps: &[f32; 3], pixels: u32) -> (u32, u32) {
    /// Pixels on a border belong to the triangles on both sides.
    const BORDER: f32 = -1e-4;
    let (mut begin, mut end) = (0.0_f32, pixels as f32);
    for (share, step) in shares.iter().zip(steps) {
        // The casts below saturate.
        if *step > 0.0 {
            begin = begin.max(((BORDER - share) / step).ceil());
        } else if *step < 0.0 {
            end = end.min(((BORDER - share) / step).floor() + 1.0);
        } else if *share < BORDER {
            end = 0.0;
        }
    }
    (begin as u32, (end.max(begin)) as u32)
}

/// The factor for pixel values at this light: light is linear, pixel values are not, and a power of
/// 1/2.2 approximates the sRGB curve.
pub(super) fn gain(light: f32) -> f32 {
    light.max(0.0).powf(1.0 / 2.2)
}

/// Twice the signed area of a triangle in the plane of the image.
fn cross(a: [f32; 3], b: [f32; 3], c: [f32; 3]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// The texture between pixel centres; beyond its border the outermost pixels are repeated.
pub(super) fn between(texture: &RgbImage, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = texture.dimensions();
    let x = x.clamp(0.0, width as f32 - 1.0);
    let y = y.clamp(0.0, height as f32 - 1.0);
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (u, v) = (x - left as f32, y - top as f32);
    let raw = texture.as_raw();
    let pixel = |x: u32, y: u32| {
        let first = 3 * (y * width + x) as usize;
        [raw[first], raw[first + 1], raw[first + 2]].map(f32::from)
    };
    let (a, b) = (pixel(left, top), pixel(right, top));
    let (c, d) = (pixel(left, bottom), pixel(right, bottom));
    let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
    let mix =
        |n: usize| a[n] * weights[0] + b[n] * weights[1] + c[n] * weights[2] + d[n] * weights[3];
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(depth: f32, texture: [f32; 2]) -> Vec<Vertex> {
        [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]]
            .map(|[x, y]| Vertex { at: [x, y, depth], texture, gain: 1.0, lid: 0.0 })
            .to_vec()
    }

    #[test]
    fn what_is_nearer_hides_what_is_behind_in_any_order() {
        let texture = RgbImage::from_fn(2, 1, |x, _| Rgb([100 + 100 * x as u8, 0, 0]));
        let near = square(1.0, [1.0, 0.0]);
        let far = square(2.0, [0.0, 0.0]);
        for flip in [false, true] {
            let mut vertices = if flip { far.clone() } else { near.clone() };
            vertices.extend(if flip { near.clone() } else { far.clone() });
            let triangles: Vec<Triangle> = [[0, 1, 2], [1, 2, 3], [4, 5, 6], [5, 6, 7]]
                .map(|corners| Triangle { corners, part: Part::Surface })
                .to_vec();
            let mut target = RgbImage::new(10, 10);
            draw(&mut target, &texture, &vertices, &triangles, &Openings::AS_THEY_ARE);
            assert!(target.pixels().all(|pixel| pixel.0 == [200, 0, 0]));
        }
    }

    #[test]
    fn corners_that_are_no_numbers_draw_nothing() {
        let mut vertices = square(1.0, [0.0, 0.0]);
        vertices[0].at[0] = f32::NAN;
        let triangles = [Triangle { corners: [0, 1, 2], part: Part::Surface }];
        let mut target = RgbImage::new(4, 4);
        draw(
            &mut target,
            &RgbImage::from_pixel(1, 1, Rgb([9; 3])),
            &vertices,
            &triangles,
            &Openings::AS_THEY_ARE,
        );
        assert!(target.pixels().all(|pixel| pixel.0 == [0; 3]));
    }
}
