//! Occlusion: whether eyes or mouth lie behind something that is not skin.

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
const EYE_HALF: f32 = 4.0;
/// Colours further apart than this, in stops, are not of one skin.
const COLOUR: f32 = 1.0;
/// Eyes with less than this share of the skin's light are behind dark glass.
const DARK: f32 = 0.06;

/// The smallest share of places that show the face, over three regions of it: the eyes (2 places),
/// mouth and chin (2), and cheeks, forehead and bridge of the nose (4). `mapped = 100·raw`, so that
/// 0 means that one region is hidden.
///
/// A place of skin counts where its colour, `log₂(red / green)` and `log₂(blue / green)` of the
/// medians, lies within one stop of the median of the third region; an eye counts where it has a
/// seventeenth of the skin's light or more.
///
/// It sees masks, scarves and dark glasses of other colours than the skin. Blind to hands and
/// whatever has the colour of skin, to all colours in black and white pictures, and to what lies
/// between the eight places. `None` for a head that is turned too far to show them all.
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
    let visible = [share(open, eyes.len()), alike(&mouth), alike(&skin)];
    let raw = visible.into_iter().flatten().reduce(f32::min)?;
    Measure::of(raw, raw)
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
                assert_eq!(mask.mapped(Occlusion), 0, "{cloth:?} on {reflected}");
            }
            let glasses = skin().with(|_, y, light| {
                if (y - 51.6).abs() < 8.0 { light.map(|c| c.min(0.002) * reflected) } else { light }
            });
            assert_eq!(glasses.mapped(Occlusion), 0);
            let patch = skin().with(|x, y, light| {
                let hides = (x - 38.0).abs() < 9.0 && (y - 51.6).abs() < 9.0;
                if hides { [0.0005; 3] } else { light }
            });
            assert_eq!(patch.mapped(Occlusion), 50, "one eye");
        }
    }
}
