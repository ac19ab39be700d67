//! Glare on a surface in front of the face, not on the face itself.

use super::view::View;

/// The box is averaged down to about this size, in pixels.
const UNIT: f32 = 96.0;
/// A pixel whose darkest channel has this value or more is glare.
const WHITE: f32 = 235.0;
/// How far from a pixel of glare its border is examined, in pixels of the reduced image, and how
/// much luma falls over that distance at a hard edge. Light on curved skin fades over a greater
/// distance.
const STEP: isize = 3;
const FALL: f32 = 60.0;
/// The share of a patch's border that has to be hard.
const HARD: f32 = 0.6;
/// A patch below this share of the box is a catchlight in an eye.
const LEAST: f32 = 0.002;

/// Area of white patches with hard edges inside the box, in per cent of it.
///
/// A highlight on skin follows the face's curves and fades at its edges; the reflection of a lamp
/// or window in glass or glossy paper has the lamp's edges, whatever face is underneath.
///
/// Spectacles, teeth, a white collar and a bright background next to the face have hard edges too.
pub(super) fn glare(view: &View<'_>) -> Option<f32> {
    let part = view.around(1.0)?;
    let factor = (UNIT / view.size()).min(1.0);
    let reduced = |length: u32| ((length as f32 * factor) as usize).max(1);
    let (width, height) = (reduced(part.width), reduced(part.height));
    let pixels = view.averaged(part, width, height);
    let darkest: Vec<f32> =
        pixels.iter().map(|pixel| pixel.iter().copied().fold(f32::INFINITY, f32::min)).collect();
    let white: Vec<bool> = darkest.iter().map(|value| *value >= WHITE).collect();
    let (labels, patches) = labelled(&white, width);
    let (mut area, mut border, mut hard) =
        (vec![0_u32; patches], vec![0_u32; patches], vec![0_u32; patches]);
    for (i, label) in labels.iter().copied().enumerate() {
        let (x, y) = (i % width, i / width);
        area[label] += 1;
        for (dx, dy) in [(STEP, 0), (-STEP, 0), (0, STEP), (0, -STEP)] {
            let near = |length: isize| length.signum();
            let place = |dx: isize, dy: isize| {
                let (x, y) = (x as isize + dx, y as isize + dy);
                let inside = x >= 0 && y >= 0 && x < width as isize && y < height as isize;
                inside.then(|| y as usize * width + x as usize)
            };
            // Where the box cuts a patch off, its border is not visible.
            let (Some(next), Some(far)) = (place(near(dx), near(dy)), place(dx, dy)) else {
                continue;
            };
            if labels[next] != label {
                border[label] += 1;
                let fall = WHITE - darkest[far];
                hard[label] += u32::from(fall >= FALL);
            }
        }
    }
    let all = (width * height) as f32;
    let counts = |label: &usize| {
        let large = area[*label] as f32 >= LEAST * all;
        large && border[*label] > 0 && hard[*label] as f32 >= HARD * border[*label] as f32
    };
    let glaring: u32 = (1..patches).filter(counts).map(|label| area[label]).sum();
    Some(100.0 * glaring as f32 / all)
}

/// The number of the patch that each white pixel belongs to, from 1, with corners joined; 0 for all
/// others. And one more than the number of patches. (`imageproc`'s labelling panics if every pixel
/// is white.)
fn labelled(white: &[bool], width: usize) -> (Vec<usize>, usize) {
    let height = white.len() / width.max(1);
    let (mut labels, mut patches) = (vec![0; white.len()], 1);
    for start in 0..white.len() {
        let mut todo = vec![start];
        let before = patches;
        while let Some(i) = todo.pop() {
            if !white[i] || labels[i] != 0 {
                continue;
            }
            labels[i] = before;
            patches = before + 1;
            let (x, y) = (i % width, i / width);
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                todo.extend((x.saturating_sub(1)..(x + 2).min(width)).map(|x| y * width + x));
            }
        }
    }
    (labels, patches)
}
