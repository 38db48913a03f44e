//! The few shapes of SVG that the picture is made of.

use std::fmt::Write as _;

use textwrap::core::display_width;

use crate::plan::network::plain::one_line;

pub(super) struct Picture {
    out: String,
}

#[derive(Clone, Copy)]
pub(super) enum Align {
    Start,
    Middle,
}

#[derive(Clone, Copy)]
pub(super) enum Style {
    Title,
    Heading,
    Strong,
    Plain,
    Dim,
    Code,
    SmallCode,
}

impl Style {
    const fn class(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Heading => "heading",
            Self::Strong => "strong",
            Self::Plain => "plain",
            Self::Dim => "dim",
            Self::Code => "code",
            Self::SmallCode => "code small",
        }
    }
}

/// The colors are plain attributes first, for viewers without style sheets, and the dark ones follow the viewer's wish.
const STYLE: &str = "
  text { font: 14px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
  .title { font-size: 20px; font-weight: 600; }
  .heading { font-size: 17px; font-weight: 600; }
  .strong { font-size: 13px; font-weight: 600; }
  .dim { font-size: 12px; fill: #59636e; }
  .code { font: 12.5px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
  .small { font-size: 11.5px; fill: #59636e; }
  .page { fill: #ffffff; }
  .box { fill: #f6f8fa; stroke: #59636e; stroke-width: 1.5; }
  .band { fill: #ddf4ff; fill-opacity: 0.35; }
  .pill { fill: #ddf4ff; stroke: #0969da; }
  .arrow { stroke: #0969da; stroke-width: 1.8; fill: none; }
  .head { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .dim, .small { fill: #9198a1; }
    .page { fill: #0d1117; }
    .box { fill: #161b22; stroke: #9198a1; }
    .band { fill: #121d2f; fill-opacity: 0.6; }
    .pill { fill: #121d2f; stroke: #4493f8; }
    .arrow { stroke: #4493f8; }
    .head { fill: #4493f8; }
  }
";

impl Picture {
    pub(super) fn new(width: u32, height: u32, title: &str) -> Self {
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n<defs>\n  \
             <marker id=\"head\" markerWidth=\"9\" markerHeight=\"8\" refX=\"8\" refY=\"4\" orient=\"auto\" \
             markerUnits=\"userSpaceOnUse\">\n    <path class=\"head\" d=\"M0,0 L9,4 L0,8 z\"/>\n  </marker>\n</defs>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n",
            escaped(title)
        );
        Self { out }
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _written = self.out.write_fmt(element);
        self.out.push('\n');
    }

    pub(super) fn shape(&mut self, class: &'static str, at: Rectangle) {
        let Rectangle { x, y, width, height, radius } = at;
        self.add(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>"#
        ));
    }

    pub(super) fn arrow(&mut self, from: u32, to: u32, y: u32) {
        self.add(format_args!(r#"<path class="arrow" d="M{from},{y} L{to},{y}" marker-end="url(#head)"/>"#));
    }

    /// Text, cut to so many letters; the whole one is shown where the pointer rests on it.
    pub(super) fn text(&mut self, at: Label, text: &str) {
        let Label { x, y, align, style, most } = at;
        let anchor = match align {
            Align::Start => "",
            Align::Middle => r#" text-anchor="middle""#,
        };
        let whole = one_line(text);
        let short = cut(&whole, most);
        let title = if short == whole { String::new() } else { format!("<title>{}</title>", escaped(&whole)) };
        let (class, short) = (style.class(), escaped(&short));
        self.add(format_args!(r#"<text class="{class}" x="{x}" y="{y}"{anchor}>{title}{short}</text>"#));
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

#[derive(Clone, Copy)]
pub(super) struct Rectangle {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) radius: u32,
}

#[derive(Clone, Copy)]
pub(super) struct Label {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) align: Align,
    pub(super) style: Style,
    /// The most letters that have a place.
    pub(super) most: usize,
}

/// To so many columns: some letters take two.
fn cut(text: &str, most: usize) -> String {
    if display_width(text) <= most {
        return text.to_owned();
    }
    let mut start = String::new();
    for letter in text.chars() {
        start.push(letter);
        if display_width(&start) >= most {
            start.pop();
            break;
        }
    }
    format!("{start}…")
}

/// Of text of others, nothing is an element or a reference.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no place for these two.
            '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}
