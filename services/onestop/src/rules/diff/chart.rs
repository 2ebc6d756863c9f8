//! Horizontal bars left and right of zero, as SVG text. Every length is a whole number of pixels.

use std::fmt::{self, Write};

use money::Fen;

use super::names::signed;

/// A chart of several panels on one scale.
pub(super) struct Chart {
    pub(super) title: String,
    /// Lines below the title.
    pub(super) notes: Vec<String>,
    /// What each paint means.
    pub(super) legend: Vec<(Paint, String)>,
    pub(super) panels: Vec<Panel>,
}

/// A group of bars.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
}

/// One bar from zero.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) amount: Fen,
    pub(super) paint: Paint,
}

/// What a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// A fund's payment.
    Fund,
    /// What persons bear, where it falls.
    Relief,
    /// What persons bear, where it rises.
    Burden,
}

impl Paint {
    const fn colour(self) -> &'static str {
        match self {
            Self::Fund => "#3b6ea5",
            Self::Relief => "#3a8f5c",
            Self::Burden => "#c0533b",
        }
    }
}

const WIDTH: i64 = 1_000;
const MARGIN: i64 = 24;
const TITLE_HEIGHT: i64 = 26;
const TITLE_BASELINE: i64 = 20;
const NOTE_HEIGHT: i64 = 20;
const LEGEND_STEP: usize = 180;
const PANEL_GAP: i64 = 32;
const PANEL_TITLE_GAP: i64 = 8;
const ROW_HEIGHT: i64 = 24;
const BAR_HEIGHT: i64 = 14;
/// Labels end where the bars' half begins; an amount beside the longest bar still fits.
const LABEL_END: i64 = 270;
const ZERO: i64 = 630;
const LONGEST_BAR: i64 = 220;
const GAP: i64 = 6;

impl Chart {
    /// The chart as an SVG document.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub(super) fn to_svg(&self) -> Result<String, fmt::Error> {
        let mut pen = Pen { body: String::new(), y: MARGIN, longest: self.longest() };
        pen.head(self)?;
        for panel in &self.panels {
            pen.panel(panel)?;
        }
        let height = pen.y.saturating_add(MARGIN);
        let mut svg = String::new();
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-size=\"13\" fill=\"#222222\" \
             font-family=\"'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif\">"
        )?;
        writeln!(svg, "<title>{}</title>", escaped(&self.title))?;
        writeln!(svg, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>")?;
        writeln!(svg, "{}</svg>", pen.body)?;
        Ok(svg)
    }

    fn longest(&self) -> u64 {
        let bars = self.panels.iter().flat_map(|panel| &panel.bars);
        bars.map(|bar| bar.amount.get().unsigned_abs()).max().unwrap_or(0)
    }
}

/// Draws from the top downwards.
struct Pen {
    body: String,
    y: i64,
    longest: u64,
}

impl Pen {
    fn down(&mut self, height: i64) {
        self.y = self.y.saturating_add(height);
    }

    fn head(&mut self, chart: &Chart) -> fmt::Result {
        self.down(TITLE_BASELINE);
        let title = escaped(&chart.title);
        writeln!(
            self.body,
            "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"20\" font-weight=\"bold\">{title}</text>",
            self.y
        )?;
        self.down(TITLE_HEIGHT);
        for note in &chart.notes {
            let note = escaped(note);
            writeln!(self.body, "<text x=\"{MARGIN}\" y=\"{}\" fill=\"#555555\">{note}</text>", self.y)?;
            self.down(NOTE_HEIGHT);
        }
        for (left, (paint, meaning)) in (MARGIN..).step_by(LEGEND_STEP).zip(&chart.legend) {
            let (top, colour) = (self.y.saturating_sub(11), paint.colour());
            writeln!(
                self.body,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{BAR_HEIGHT}\" height=\"{BAR_HEIGHT}\" fill=\"{colour}\"/>"
            )?;
            let (left, meaning) = (left.saturating_add(BAR_HEIGHT + GAP), escaped(meaning));
            writeln!(self.body, "<text x=\"{left}\" y=\"{}\" fill=\"#555555\">{meaning}</text>", self.y)?;
        }
        self.down(NOTE_HEIGHT);
        Ok(())
    }

    fn panel(&mut self, panel: &Panel) -> fmt::Result {
        self.down(PANEL_GAP);
        let title = escaped(&panel.title);
        writeln!(
            self.body,
            "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"15\" font-weight=\"bold\">{title}</text>",
            self.y
        )?;
        self.down(PANEL_TITLE_GAP);
        let top = self.y;
        for bar in &panel.bars {
            self.bar(bar)?;
        }
        writeln!(self.body, "<line x1=\"{ZERO}\" y1=\"{top}\" x2=\"{ZERO}\" y2=\"{}\" stroke=\"#888888\"/>", self.y)
    }

    fn bar(&mut self, bar: &Bar) -> fmt::Result {
        let length = self.length(bar.amount);
        let (left, amount_at, anchor) = if bar.amount.is_negative() {
            (ZERO - length, ZERO - length - GAP, "end")
        } else {
            (ZERO, ZERO + length + GAP, "start")
        };
        let (top, baseline) = (self.y.saturating_add((ROW_HEIGHT - BAR_HEIGHT) / 2), self.y.saturating_add(17));
        let (label, colour, amount) = (escaped(&bar.label), bar.paint.colour(), signed(bar.amount));
        writeln!(self.body, "<text x=\"{LABEL_END}\" y=\"{baseline}\" text-anchor=\"end\">{label}</text>")?;
        writeln!(
            self.body,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{length}\" height=\"{BAR_HEIGHT}\" fill=\"{colour}\"/>"
        )?;
        writeln!(self.body, "<text x=\"{amount_at}\" y=\"{baseline}\" text-anchor=\"{anchor}\">{amount}</text>")?;
        self.down(ROW_HEIGHT);
        Ok(())
    }

    /// The bar's length: in proportion to the longest, at least a pixel for any amount.
    fn length(&self, amount: Fen) -> i64 {
        let amount = i128::from(amount.get().unsigned_abs());
        if amount == 0 {
            return 0;
        }
        let length = amount * i128::from(LONGEST_BAR) / i128::from(self.longest.max(1));
        i64::try_from(length).unwrap_or(LONGEST_BAR).clamp(1, LONGEST_BAR)
    }
}

/// Text as XML content.
fn escaped(text: &str) -> String {
    let is_allowed = |letter: &char| !letter.is_control();
    text.chars().filter(is_allowed).fold(String::with_capacity(text.len()), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => escaped.push(letter),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(amounts: &[i64]) -> Chart {
        let bar = |fen: &i64| Bar { label: "a < b & c".to_owned(), amount: Fen::new(*fen), paint: Paint::Fund };
        let panels = vec![Panel { title: "all".to_owned(), bars: amounts.iter().map(bar).collect() }];
        Chart { title: "<rules>".to_owned(), notes: Vec::new(), legend: Vec::new(), panels }
    }

    /// The `(x, width)` of the bars.
    fn bars(svg: &str) -> Vec<(i64, i64)> {
        let number = |line: &str, name: &str| {
            let rest = line.split_once(&format!(" {name}=\"")).unwrap().1;
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        let colour = Paint::Fund.colour();
        let bars = svg.lines().filter(|line| line.starts_with("<rect") && line.contains(colour));
        bars.map(|line| (number(line, "x"), number(line, "width"))).collect()
    }

    #[test]
    fn bars_are_in_proportion_and_on_their_side_of_zero() {
        let svg = chart(&[20_000, -10_000, 0, 1]).to_svg().unwrap();
        let longest = LONGEST_BAR;
        assert_eq!(bars(&svg), [(ZERO, longest), (ZERO - longest / 2, longest / 2), (ZERO, 0), (ZERO, 1)]);
        for amount in [">+200.00<", ">-100.00<", ">0.00<", ">+0.01<"] {
            assert!(svg.contains(amount), "{amount} is not in {svg}");
        }
    }

    #[test]
    fn a_chart_without_any_difference_has_no_bars_to_speak_of() {
        assert_eq!(bars(&chart(&[0, 0]).to_svg().unwrap()), [(ZERO, 0), (ZERO, 0)]);
        assert!(chart(&[]).to_svg().unwrap().ends_with("</svg>\n"));
    }

    #[test]
    fn the_greatest_amounts_stay_on_the_page() {
        let svg = chart(&[i64::MAX, i64::MIN]).to_svg().unwrap();
        assert!(bars(&svg).iter().all(|(x, width)| *x >= 0 && x + width <= WIDTH), "{svg}");
    }

    #[test]
    fn text_is_escaped() {
        let svg = chart(&[1]).to_svg().unwrap();
        assert!(svg.contains("<title>&lt;rules&gt;</title>"));
        assert!(svg.contains(">a &lt; b &amp; c<"));
        assert_eq!(escaped("a\u{0}\u{1b}b"), "ab");
    }
}
