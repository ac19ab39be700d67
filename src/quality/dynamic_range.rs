//! Dynamic range: the face's contrast in proportion to its own light.

use super::mapping::Measure;
use super::region::{FACE, FaceRegion, quantile};

/// Stops that map to 50, and the width of the curve.
const MIDDLE: f32 = 1.3;
const WIDTH: f32 = 0.15;

/// `log₂(p95 / p5)` of the face's luminance, in stops; `mapped = 100 / (1 + exp(−(raw − 1.3) /
/// 0.15))`. It is a ratio, not a number of grey levels: dark skin and dark photos have fewer
/// levels, which says nothing about their contrast.
///
/// Too little is haze, a dirty lens or light from behind the person. It does not see too much:
/// light from a side lowers `light_evenness`. Dark areas next to the face (hair, a background) add
/// to it.
pub(super) fn dynamic_range(region: &FaceRegion) -> Option<Measure> {
    let values: Vec<f32> = region.within(FACE).map(|i| region.luminance[i]).collect();
    let floor = 0.01 * region.skin;
    let (low, high) = (quantile(values.clone(), 0.05)?, quantile(values, 0.95)?);
    Measure::logistic(((high + floor) / (low + floor)).log2(), MIDDLE, WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::DynamicRange;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn haze_takes_contrast_and_darkness_does_not() {
        let clear = Drawing::face(1.5);
        assert!(clear.mapped(DynamicRange) >= 90, "{:?}", clear.report().get(DynamicRange));
        let hazy = Drawing::face(1.5).with(|_, _, light| light.map(|c: f32| 0.1 * c + 0.4));
        assert!(hazy.mapped(DynamicRange) < 10, "{:?}", hazy.report().get(DynamicRange));
        let raw = |face: Drawing| face.report().get(DynamicRange).unwrap().raw;
        let dark = Drawing::face(1.5).with(|_, _, light| light.map(|c: f32| 0.1 * c));
        assert!((raw(dark) - raw(clear)).abs() < 0.2);
    }
}
