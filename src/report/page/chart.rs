//! Charts as SVG: readable in grey (hatching, dashes, shapes and labels beside colour), each with a title and a
//! description for those who cannot see it.

use maud::{Markup, html};

use super::super::words::count;

/// Width of a chart in its own units.
const WIDTH: u64 = 700;
/// Width of upright bars, which stand beside their table.
const BARS: u64 = 440;
const DARK: &str = "#173f5f";
const LIGHT: &str = "#9fc1dd";
const PALE: &str = "#e3e9ee";

/// One value with its label.
pub struct Slice {
    /// What it is.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Fills of slices, from dark to light; two of them hatched.
const FILLS: [&str; 5] = [DARK, "url(#miring)", LIGHT, "url(#tegak)", PALE];

/// The hatchings, once in a page.
pub fn hatchings() -> Markup {
    html! {
        svg width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="miring" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect width="7" height="7" fill="#ffffff" {}
                    rect width="3" height="7" fill="#3c77a5" {}
                }
                pattern id="tegak" width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect width="6" height="6" fill="#ffffff" {}
                    circle cx="3" cy="3" r="1.5" fill="#55606c" {}
                }
            }
        }
    }
}

/// Parts of a whole in one bar, with a legend that tells each count.
pub fn stacked(title: &str, slices: &[Slice]) -> Markup {
    let total: u64 = slices.iter().map(|slice| slice.count).sum();
    let mut left = 0;
    let mut parts = Vec::new();
    for (slice, fill) in slices.iter().zip(FILLS) {
        let width = scaled(slice.count, total, WIDTH);
        parts.push((left, width, fill));
        left += width;
    }
    let legend = slices.iter().zip(FILLS).zip(0_u64..);
    let told: Vec<_> = slices
        .iter()
        .map(|slice| format!("{}: {}", slice.name, count(slice.count)))
        .collect();
    let height = 42 + 22 * slices.len().min(FILLS.len());
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" {
            title { (title) }
            desc { (told.join("; ")) }
            rect x="0.5" y="0.5" width=(WIDTH - 1) height="29" fill="none" stroke="#55606c" {}
            @for (x, width, fill) in parts {
                rect x=(x) y="0" width=(width) height="30" fill=(fill) stroke="#16202b" stroke-width="0.8" {}
            }
            @for ((slice, fill), row) in legend {
                rect x="0.5" y=(42 + 22 * row) width="18" height="14" fill=(fill) stroke="#16202b" stroke-width="0.8" {}
                text x="26" y=(54 + 22 * row) font-size="14" { (slice.name) ": " (count(slice.count)) }
            }
        }
    }
}

/// A bar for a share in permille; `whole` when nothing is missing, else a little is always left free.
pub fn share(title: &str, permille: u64, whole: bool) -> Markup {
    let full = if whole { 1000 } else { permille.min(984) };
    html! {
        svg viewBox="0 0 1000 60" preserveAspectRatio="none" role="img" {
            title { (title) }
            rect x="0" y="0" width=(full) height="60" fill=(DARK) {}
            rect x=(full) y="0" width=(1000 - full) height="60" fill="url(#miring)" {}
        }
    }
}

/// Upright bars with their counts above.
pub fn bars(title: &str, slices: &[Slice]) -> Markup {
    let highest = slices.iter().map(|slice| slice.count).max().unwrap_or(0);
    let step = BARS / u64::try_from(slices.len()).unwrap_or(1).max(1);
    let told: Vec<_> = slices
        .iter()
        .map(|slice| format!("{}: {}", slice.name, count(slice.count)))
        .collect();
    html! {
        svg viewBox=(format!("0 0 {BARS} 190")) role="img" {
            title { (title) }
            desc { (told.join("; ")) }
            @for (slice, place) in slices.iter().zip(0_u64..) {
                @let height = scaled(slice.count, highest, 130).max(u64::from(slice.count > 0));
                @let middle = place * step + step / 2;
                rect x=(middle - step / 4) y=(155 - height) width=(step / 2) height=(height) fill=(DARK) {}
                text x=(middle) y=(149 - height) font-size="15" font-weight="700" text-anchor="middle" { (count(slice.count)) }
                text x=(middle) y="175" font-size="14" text-anchor="middle" { (slice.name) }
            }
            line x1="0" y1="155.5" x2=(BARS) y2="155.5" stroke="#16202b" {}
        }
    }
}

/// A line of a line chart.
pub struct Line {
    /// What it is.
    pub name: &'static str,
    /// One value for each point in time; `None` where it is not known.
    pub values: Vec<Option<u64>>,
}

/// Stroke, dashes and the side of a line's labels: the first solid with discs, the second dashed with squares.
const STROKES: [(&str, &str); 2] = [(DARK, "none"), ("#3c77a5", "9 5")];

/// One or two lines over points in time, with every value written beside its point. `written` writes a value; `low` is
/// where the scale begins.
pub fn lines(
    title: &str,
    points: &[String],
    lines: &[Line],
    low: u64,
    written: impl Fn(u64) -> String,
) -> Markup {
    const TOP: u64 = 50;
    const BOTTOM: u64 = 142;
    let values = || lines.iter().flat_map(|line| line.values.iter().flatten());
    let high = values().copied().max().unwrap_or(0).max(low + 1);
    let step = WIDTH / u64::try_from(points.len()).unwrap_or(1).max(1);
    let across = |place: u64| place * step + step / 2;
    let down = |value: u64| BOTTOM - scaled(value.saturating_sub(low), high - low, BOTTOM - TOP);
    let told = lines.iter().map(|line| {
        let values = points.iter().zip(&line.values);
        let values: Vec<_> = values
            .filter_map(|(point, value)| Some(format!("{point} {}", written((*value)?))))
            .collect();
        format!("{}: {}", line.name, values.join(", "))
    });
    let told: Vec<_> = told.collect();
    // Of two values at one point the higher one is written above.
    let above = |line: usize, place: usize| {
        let value = |line: &Line| line.values.get(place).copied().flatten();
        let own = lines.get(line).and_then(value);
        let mut others = lines.iter().enumerate().filter(|(index, _)| *index != line);
        others.all(|(_, other)| own > value(other) || own == value(other) && line == 0)
    };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} 192")) role="img" {
            title { (title) }
            desc { (told.join("; ")) }
            line x1="0" y1=(BOTTOM) x2=(WIDTH) y2=(BOTTOM) stroke="#55606c" {}
            @for (line, (stroke, dashes)) in lines.iter().zip(STROKES) {
                @let path: Vec<_> = line.values.iter().zip(0_u64..)
                    .filter_map(|(value, place)| Some(format!("{},{}", across(place), down((*value)?)))).collect();
                polyline points=(path.join(" ")) fill="none" stroke=(stroke) stroke-width="3" stroke-dasharray=(dashes) {}
            }
            @for (index, (line, (stroke, _))) in lines.iter().zip(STROKES).enumerate() {
                @for (place, value) in line.values.iter().enumerate() {
                    @if let Some(value) = value {
                        @let (x, y) = (across(place as u64), down(*value));
                        @if index == 0 { circle cx=(x) cy=(y) r="5" fill=(stroke) {} }
                        @else { rect x=(x.saturating_sub(5)) y=(y.saturating_sub(5)) width="10" height="10" fill="#ffffff" stroke=(stroke) stroke-width="2.5" {} }
                        @let y = if above(index, place) { y.saturating_sub(11) } else { y + 21 };
                        text x=(x) y=(y) font-size="14" font-weight="700" text-anchor="middle" { (written(*value)) }
                    }
                }
            }
            @for (point, place) in points.iter().zip(0_u64..) {
                text x=(across(place)) y="184" font-size="13" text-anchor="middle" { (point) }
            }
            @for ((line, (stroke, dashes)), place) in lines.iter().zip(STROKES).zip(0_u64..) {
                line x1=(place * 180) y1="10" x2=(place * 180 + 34) y2="10" stroke=(stroke) stroke-width="3" stroke-dasharray=(dashes) {}
                text x=(place * 180 + 42) y="15" font-size="14" { (line.name) }
            }
        }
    }
}

/// `part` of `whole`, as a part of `length`.
fn scaled(part: u64, whole: u64, length: u64) -> u64 {
    let scaled = (u128::from(part) * u128::from(length)).checked_div(u128::from(whole));
    scaled
        .and_then(|scaled| u64::try_from(scaled).ok())
        .unwrap_or(0)
        .min(length)
}
