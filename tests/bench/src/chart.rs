//! Horizontal bars in groups, as SVG. Every length is a whole number of pixels; all text is this program's own.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// A chart on one scale.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Groups from the top downwards.
    pub(crate) groups: Vec<Group>,
}

/// Bars that belong together.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) bars: Vec<(String, Decimal)>,
}

const COLOURS: [&str; 4] = ["#888888", "#3b6ea5", "#3a8f5c", "#c0533b"];
const WIDTH: i64 = 900;
const MARGIN: i64 = 24;
const LABEL_END: i64 = 220;
const LONGEST_BAR: i64 = 540;
const ROW_HEIGHT: i64 = 22;
const BAR_HEIGHT: i64 = 14;
const GAP: i64 = 8;

impl Chart {
    /// The chart as an SVG document.
    pub(crate) fn to_svg(&self) -> String {
        let longest = self.groups.iter().flat_map(|group| &group.bars).map(|(_, figure)| *figure).max();
        let longest = longest.unwrap_or_default();
        let mut body = Vec::new();
        let mut y = MARGIN + ROW_HEIGHT;
        body.push(format!(
            "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"18\" font-weight=\"bold\">{}</text>",
            self.title
        ));
        for group in &self.groups {
            y = y.saturating_add(ROW_HEIGHT * 2);
            body.push(format!("<text x=\"{MARGIN}\" y=\"{y}\" font-weight=\"bold\">{}</text>", group.title));
            y = y.saturating_add(GAP);
            for ((label, figure), colour) in group.bars.iter().zip(COLOURS.iter().cycle()) {
                body.push(bar(label, *figure, length(*figure, longest), colour, y));
                y = y.saturating_add(ROW_HEIGHT);
            }
        }
        let height = y.saturating_add(MARGIN);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-size=\"13\" fill=\"#222222\" font-family=\"sans-serif\">\n\
             <title>{}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}\n</svg>\n",
            self.title,
            body.join("\n")
        )
    }
}

fn bar(label: &str, figure: Decimal, length: i64, colour: &str, y: i64) -> String {
    let (top, baseline, start) = (y.saturating_add(GAP / 2), y.saturating_add(16), LABEL_END + GAP);
    let end = start.saturating_add(length).saturating_add(GAP);
    let figure = figure.normalize();
    format!(
        "<text x=\"{LABEL_END}\" y=\"{baseline}\" text-anchor=\"end\">{label}</text>\
         <rect x=\"{start}\" y=\"{top}\" width=\"{length}\" height=\"{BAR_HEIGHT}\" fill=\"{colour}\"/>\
         <text x=\"{end}\" y=\"{baseline}\">{figure}</text>"
    )
}

/// In proportion to the longest; a pixel for whatever is more than nothing.
fn length(figure: Decimal, longest: Decimal) -> i64 {
    let length = (figure * Decimal::from(LONGEST_BAR)).checked_div(longest).unwrap_or_default();
    let length = length.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64().unwrap_or(0);
    length.clamp(i64::from(!figure.is_zero()), LONGEST_BAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_the_longest_fits() {
        let [whole, half, little] = [4_000, 2_000, 1].map(Decimal::from);
        assert_eq!([whole, half, little, Decimal::ZERO].map(|figure| length(figure, whole)), [540, 270, 1, 0]);
        assert_eq!(length(Decimal::ZERO, Decimal::ZERO), 0);
    }

    #[test]
    fn every_bar_is_drawn_with_its_figure() {
        let bars = vec![("pgbench".to_owned(), Decimal::from(3_600)), ("all in one".to_owned(), Decimal::from(7_200))];
        let chart = Chart { title: "Rates".to_owned(), groups: vec![Group { title: "32 callers".to_owned(), bars }] };
        let svg = chart.to_svg();
        for text in [">Rates<", ">32 callers<", ">pgbench<", ">3600<", ">all in one<", ">7200<"] {
            assert!(svg.contains(text), "{text} is not in {svg}");
        }
    }
}
