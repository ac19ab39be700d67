//! Occlusion: whether eyes or mouth are behind something that is not skin.

use super::mapping::Measure;
use super::region::{FaceRegion, SKIN_HALF, quantile};
use super::skin_tone::centres;
use crate::align::CANONICAL;
use crate::geometry::Point;

/// Upper lip and chin, and the bridge of the nose, in pixels of the crop.
const MOUTH: [Point; 2] = [Point::new(56.0, 82.5), Point::new(56.0, 104.0)];
const BRIDGE: Point = Point::new(56.0, 60.0);
/// Half the side of those patches, and of the one around an eye.
const NARROW_HALF: f32 = 3.5;
const EYE_HALF: f32 = 7.0;
/// Colours further apart than this, in stops, are not of the same skin.
const COLOUR: f32 = 1.0;
/// Eyes with less than this share of the skin's light are behind dark glasses.
const DARK: f32 = 0.06;

/// Upper lip, chin, lower cheeks and the tip of the nose; and the skin below the eyes, on the
/// forehead and on the bridge of the nose. Each has half the side of its patch.
const LOWER: [(Point, f32); 5] = [
    (Point::new(56.0, 82.5), 3.0),
    (Point::new(56.0, 104.0), 3.5),
    (Point::new(36.0, 88.0), 4.0),
    (Point::new(76.0, 88.0), 4.0),
    (Point::new(56.0, 74.0), 3.0),
];
const UPPER: [(Point, f32); 4] = [
    (Point::new(56.0, 34.0), 5.0),
    (Point::new(56.0, 56.0), 3.5),
    (Point::new(40.0, 62.0), 3.0),
    (Point::new(72.0, 62.0), 3.0),
];
/// Where eyes and mouth are: left, top, right, bottom.
const EYES_BOX: [f32; 4] = [28.0, 44.0, 84.0, 60.0];
const MOUTH_BOX: [f32; 4] = [44.0, 84.0, 69.0, 101.0];
/// A logistic regression on the contrast of mouth to eyes, on how dark the line of the mouth is,
/// and on how far the colour and light of the lower face are from those of the upper one, all in
/// stops. It was fitted to 642 unmodified photos of FairFace and LFW, in grey and in warm light,
/// the same photos under painted masks and veils of ten colours, and 734 photos of people with and
/// without masks (public, by others). The last constant is the point from which 1 in 140 of 1,943
/// unmodified frontal FairFace photos would get the advice that something hides the face.
const CONTRAST: f32 = -1.608;
const DARK_LINE: f32 = -1.316;
const OTHER_COLOUR: f32 = 0.895;
const OTHER_LIGHT: f32 = 0.536;
const HIDDEN: f32 = -1.69;
/// More contrast around the eyes than this, in stops, is not from the eyes: a patch over one eye,
/// dark glasses. Of those unmodified photos 5 in 6 have less.
const MOST_CONTRAST: f32 = 1.6;
/// Less than this is not a pair of eyes: 99 of 100 of those photos have 0.44 or more.
const LEAST_CONTRAST: f32 = 0.3;
/// The value that this point maps to.
const DOUBTED: f32 = 0.25;

/// The smallest share of places that show the face, over three regions: the eyes (2 places), mouth
/// and chin (2), and cheeks, forehead and bridge of the nose (4). `mapped = 100·raw`, so 0 means
/// that one region is hidden.
///
/// A place of skin counts if its colour, `log₂(red / green)` and `log₂(blue / green)` of the
/// medians, is within one stop of the median of the third region; an eye counts if it has a
/// seventeenth of the skin's light or more.
///
/// For mouth and chin this rule is used only where the photo is too small to tell whether a mouth
/// is visible: lips and make-up often differ from the skin by more than a stop, and grey cloth does
/// not. Cloth of any colour, in black and white photos too, has neither the dark line between the
/// lips nor their contrast; the share is the likelihood that they are visible, see
/// [`lower_face_shown`].
///
/// It sees masks, scarves, veils and dark glasses. It does not see hands and other faces, cloth
/// with a strong pattern, or anything between the places. `None` for a head that is turned too far
/// to show them all.
pub(super) fn occlusion(region: &FaceRegion) -> Option<Measure> {
    let floor = 0.02 * region.skin;
    let colour = |centre: Point, half: f32| {
        let patch = region.patch(centre, half);
        let [red, green, blue] =
            [0, 1, 2].map(|c| region.median(&patch, |region, i| region.light[i][c]));
        let green = green? + floor;
        Some([((red? + floor) / green).log2(), ((blue? + floor) / green).log2()])
    };
    let wide = centres().into_iter().map(|centre| colour(centre, SKIN_HALF));
    let skin: Vec<[f32; 2]> = wide.chain([colour(BRIDGE, NARROW_HALF)]).flatten().collect();
    let usual = |k: usize| quantile(skin.iter().map(|colour| colour[k]).collect(), 0.5);
    let usual = [usual(0)?, usual(1)?];
    let alike = |colours: &[[f32; 2]]| {
        let near = |c: &&[f32; 2]| (c[0] - usual[0]).hypot(c[1] - usual[1]) <= COLOUR;
        share(colours.iter().filter(near).count(), colours.len())
    };
    let mouth: Vec<[f32; 2]> =
        MOUTH.into_iter().filter_map(|centre| colour(centre, NARROW_HALF)).collect();
    let eye = |centre: &Point| {
        let patch = region.patch(*centre, EYE_HALF);
        region.median(&patch, |region, i| region.luminance[i])
    };
    let eyes: Vec<f32> = CANONICAL[..2].iter().filter_map(eye).collect();
    let open = eyes.iter().filter(|light| **light >= DARK * region.skin).count();
    let shown = lower_face_shown(region, floor);
    let visible = [share(open, eyes.len()), shown.or_else(|| alike(&mouth)), alike(&skin)];
    let raw = visible.into_iter().flatten().reduce(f32::min)?;
    Measure::of(raw, raw)
}

/// How likely it is that the lower face shows a mouth, 0 to 1: a quarter where as little of it is
/// visible as in 1 of 140 uncovered faces, 1 where it is more likely than not. `None` where the
/// photo is too small to tell.
fn lower_face_shown(region: &FaceRegion, floor: f32) -> Option<f32> {
    let stops = |light: f32| (light + floor).log2();
    let patch = |&(centre, half): &(Point, f32)| {
        let pixels = region.patch(centre, half);
        let [red, green, blue] =
            [0, 1, 2].map(|c| region.median(&pixels, |region, i| region.light[i][c]));
        let (red, green, blue) = (stops(red?), stops(green?), stops(blue?));
        let light = region.median(&pixels, |region, i| region.luminance[i])?;
        Some(([red - green, blue - green], light))
    };
    let upper: Vec<([f32; 2], f32)> = UPPER.iter().filter_map(patch).collect();
    let lower: Vec<([f32; 2], f32)> = LOWER.iter().filter_map(patch).collect();
    if upper.len() < 3 || lower.len() < 4 {
        return None;
    }
    let middle = |values: Vec<f32>| quantile(values, 0.5);
    let light = middle(upper.iter().map(|(_, light)| *light).collect())?;
    let usual = [0, 1].map(|k| middle(upper.iter().map(|(colour, _)| colour[k]).collect()));
    let usual = [usual[0]?, usual[1]?];
    let off = |(colour, _): &([f32; 2], f32)| (colour[0] - usual[0]).hypot(colour[1] - usual[1]);
    let other_colour = middle(lower.iter().map(off).collect())?;
    let other_light =
        middle(lower.iter().map(|(_, light)| stops(*light)).collect())? - stops(light);
    let contrast = |area: [f32; 4]| {
        let values: Vec<f32> = region.within(area).map(|i| stops(region.luminance[i])).collect();
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / n;
        (values.len() >= 16).then(|| square.sqrt())
    };
    // The hundredths prevent a division by zero for a flat image.
    // Where no eyes are visible either, there is nothing to compare the mouth with.
    let eyes = contrast(EYES_BOX).filter(|eyes| *eyes >= LEAST_CONTRAST)?.min(MOST_CONTRAST);
    let ratio = ((contrast(MOUTH_BOX)? + 0.02) / (eyes + 0.02)).log2();
    let rows = (66..110).step_by(2).map(|y| {
        let pixels = region.patch(Point::new(56.0, y as f32), 2.5);
        Some((y, stops(region.median(&pixels, |region, i| region.luminance[i])?)))
    });
    let rows: Vec<(u32, f32)> = rows.flatten().collect();
    let between_lips = rows.iter().filter(|(y, _)| (82..100).contains(y)).map(|(_, light)| *light);
    let dark_line =
        middle(rows.iter().map(|(_, light)| *light).collect())? - between_lips.reduce(f32::min)?;
    let hidden = CONTRAST * ratio
        + DARK_LINE * dark_line
        + OTHER_COLOUR * other_colour
        + OTHER_LIGHT * other_light.abs()
        + HIDDEN;
    let shown = 1.0 / (1.0 + hidden.exp());
    // More likely than not counts as sure: a beard or a shadow must not lower anyone's value.
    Some(if shown <= DOUBTED { shown } else { (DOUBTED + 3.0 * (shown - DOUBTED)).min(1.0) })
}

fn share(part: usize, whole: usize) -> Option<f32> {
    (whole > 0).then(|| part as f32 / whole as f32)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::Occlusion;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn a_mask_and_dark_glasses_are_seen_on_any_skin() {
        for reflected in [1.0, 0.25] {
            let skin = || Drawing::face(1.5).with(move |_, _, light| light.map(|c| c * reflected));
            assert_eq!(skin().mapped(Occlusion), 100);
            for cloth in [[0.2, 0.3, 0.5], [0.7; 3], [0.01, 0.01, 0.012]] {
                let mask = skin().with(|_, y, light| if y > 76.0 { cloth } else { light });
                assert!(mask.mapped(Occlusion) <= 5, "{cloth:?} on {reflected}");
            }
            let glasses = skin().with(|_, y, light| {
                if (y - 51.6).abs() < 8.0 { light.map(|c| c.min(0.002) * reflected) } else { light }
            });
            assert_eq!(glasses.mapped(Occlusion), 0);
            let patch = skin().with(|x, y, light| {
                let hides = (x - 38.0).abs() < 9.0 && (y - 51.6).abs() < 9.0;
                if hides { [0.0005; 3] } else { light }
            });
            // Half of the eyes, and less sure that the mouth beside them is one; no advice yet.
            let one_eye = patch.mapped(Occlusion);
            assert!((25..=50).contains(&one_eye), "{one_eye}");
        }
    }
}
