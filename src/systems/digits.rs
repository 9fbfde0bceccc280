//! The UCI digits, as shipped with the program (`data/README.md` has source and licence).

use super::softmax::Inputs;
use nalgebra::DMatrix;
use std::sync::{LazyLock, OnceLock};

/// Pixels by the side of an image.
const SIDE: usize = 8;

/// The largest intensity of a pixel.
const WHITE: f64 = 16.0;

/// Number of classes.
pub const CLASSES: usize = 10;

/// One image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Intensities from 0 to 16, row by row.
    pub pixels: [u8; SIDE * SIDE],
    /// The digit that it shows.
    pub label: usize,
}

/// All 1,797 images.
pub static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let lines = include_str!("../../data/digits.txt").lines();
    lines.map(|line| read(line).expect("the file that is shipped is whole")).collect()
});

/// Base-17 digits, a space, the label.
fn read(line: &str) -> Option<Image> {
    let (pixels, label) = line.split_once(' ')?;
    let values: Option<Vec<u8>> =
        pixels.chars().map(|c| u8::try_from(c.to_digit(17)?).ok()).collect();
    let label = label.parse().ok().filter(|&digit: &usize| digit < CLASSES)?;
    Some(Image { pixels: values?.try_into().ok()?, label })
}

/// The images with an index of `remainder` modulo `of` as inputs of a classifier.
///
/// # Panics
/// As [`chosen`].
pub fn inputs(height: usize, width: usize, remainder: usize, of: usize) -> Inputs {
    chosen(height, width, &(remainder..IMAGES.len()).step_by(of).collect::<Vec<_>>())
}

/// The images of these indices as inputs of a classifier, with [`features`].
///
/// # Panics
/// If there is no such image, or as [`features`]: a programming error.
pub fn chosen(height: usize, width: usize, images: &[usize]) -> Inputs {
    let truth = images.iter().map(|&k| IMAGES[k].label).collect();
    Inputs::new(features(height, width).select_columns(images), truth)
}

/// Means over patches of `height × width` pixels of every image, row by row, and a constant, scaled
/// together so that none of the 1,797 columns is longer than 1.
///
/// # Panics
/// If a side of the patch is none of 1, 2, 4 and 8: a programming error.
pub fn features(height: usize, width: usize) -> &'static DMatrix<f64> {
    static MADE: [[OnceLock<DMatrix<f64>>; 4]; 4] = [const { [const { OnceLock::new() }; 4] }; 4];
    let power = |side: usize| {
        assert!([1, 2, 4, 8].contains(&side), "patches of {height} x {width} do not fit");
        side.ilog2() as usize
    };
    MADE[power(height)][power(width)].get_or_init(|| make_features(height, width))
}

fn make_features(height: usize, width: usize) -> DMatrix<f64> {
    let (rows, columns) = (SIDE / height, SIDE / width);
    let features = |image: &Image| {
        let patch = |at: usize| {
            let (top, left) = (at / columns * height, at % columns * width);
            let pixels = (0..height * width).map(|k| (top + k / width, left + k % width));
            let sum: u32 =
                pixels.map(|(row, column)| u32::from(image.pixels[row * SIDE + column])).sum();
            f64::from(sum) / (WHITE * (height * width) as f64)
        };
        (0..rows * columns).map(patch).chain([1.0]).collect::<Vec<f64>>()
    };
    let all = IMAGES.iter().flat_map(features);
    let all = DMatrix::from_iterator(rows * columns + 1, IMAGES.len(), all);
    let longest = all.column_iter().map(|x| x.norm()).fold(0.0, f64::max);
    all / longest
}

#[cfg(test)]
mod tests {
    use super::{IMAGES, inputs, read};

    #[test]
    fn the_images_are_those_of_the_source() {
        // Sums over the original file: images, intensities, images by digit.
        assert_eq!(IMAGES.len(), 1797);
        let total: u32 = IMAGES.iter().flat_map(|i| i.pixels).map(u32::from).sum();
        assert_eq!(total, 561_718);
        let count = |digit| IMAGES.iter().filter(|i| i.label == digit).count();
        assert_eq!(
            (0..10).map(count).collect::<Vec<_>>(),
            [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
        );
        assert_eq!(IMAGES[0].pixels[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
        assert!(IMAGES.iter().flat_map(|i| i.pixels).all(|p| p <= 16));
    }

    #[test]
    fn half_lines_are_not_images() {
        for bad in [
            "",
            "005d 0",
            "005d",
            &format!("{} 10", "0".repeat(64)),
            &format!("{}h 1", "0".repeat(63)),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(read(&format!("{} 9", "g".repeat(64))).is_some());
    }

    // The first image has rows 0 0 5 13 9 1 0 0 and 0 0 13 15 10 15 5 0 on top: its patch of 2 × 4
    // pixels at the top left has the mean (18 + 28)/8/16.
    #[test]
    fn features_are_means_of_patches() {
        let all = inputs(2, 4, 0, 2);
        assert_eq!((all.features().nrows(), all.len()), (9, 899));
        let first = all.features().column(0);
        assert!((first[0] / first[8] - 46.0 / 128.0).abs() < 1e-15);
        let longest =
            |x: &super::Inputs| x.features().column_iter().map(|x| x.norm()).fold(0.0, f64::max);
        let norms = [longest(&all), longest(&inputs(2, 4, 1, 2))];
        assert!((norms[0].max(norms[1]) - 1.0).abs() < 1e-15);
    }
}
