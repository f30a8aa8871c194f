//! Finds in the syntax tree of a template what the engine would only find while rendering, or never:
//! unknown fields, helpers and partials, partials in a circle, and output without escaping.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::DateTime;
use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, TemplateElement as Element};
use handlebars::{Handlebars, Path, PathSeg, Template};
use serde_json::Value;

use crate::notation::nearest;

use super::fields::{Fields, Limits};
use super::helpers::{BLOCKS, VALUES};
use super::sample::sample_letter;
use super::templates::TemplateError;
use super::times::Writing;

/// Blocks and brackets inside one another; the parser keeps each on the stack.
const DEEPEST: usize = 32;

/// Loops inside one another: a letter has conversations, and each of them files and earlier messages. One more, over
/// what was looped over already, multiplies to more turns than a pass has time for.
const MOST_LOOPS: usize = 2;

/// Every name that a field can have: read off a letter in words, so that it cannot lag behind.
static FIELD_NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut letter = sample_letter(DateTime::UNIX_EPOCH);
    for entry in &mut letter.entries {
        entry.show = crate::model::Show::Conversation;
        entry.earlier =
            vec![crate::model::Earlier { at: entry.at, sender: None, body: entry.body.clone(), waits: true }];
    }
    let fields = Fields::of(&letter, Limits { conversations: 200, body_bytes: 1_024 }, Writing::English);
    let mut names = BTreeSet::new();
    collect_names(&serde_json::to_value(&fields).unwrap_or_default(), &mut names);
    names
});

/// The templates of one engine.
#[derive(Default)]
pub(super) struct Checked {
    templates: BTreeMap<String, (String, Template)>,
}

impl Checked {
    /// Reads one file.
    pub(super) fn add(&mut self, file: &str, name: &str, source: &str) -> Result<(), TemplateError> {
        if let Some(line) = too_deep(source) {
            let reason = format!("more than {DEEPEST} blocks or brackets inside one another");
            return Err(Fault::new(line, reason, "split it into partials").within(file));
        }
        let template = Template::compile_with_name(source, name.to_owned()).map_err(|error| {
            let line = error.pos().map(|(line, _)| line);
            let (reason, remedy) = (tidy(&error.reason().to_string()), "correct the braces there".to_owned());
            TemplateError { file: file.to_owned(), line, reason, remedy }
        })?;
        self.templates.insert(name.to_owned(), (file.to_owned(), template));
        Ok(())
    }

    /// The engine with these templates, once each of them is found sound.
    pub(super) fn into_engine(self, mut engine: Handlebars<'static>) -> Result<Handlebars<'static>, TemplateError> {
        let partials: Vec<&str> =
            self.templates.keys().map(String::as_str).filter(|name| name.starts_with('_')).collect();
        let mut walks = BTreeMap::new();
        for (name, (file, template)) in &self.templates {
            let mut walk = Walk { partials: &partials, ..Walk::default() };
            walk.template(template).map_err(|fault| fault.within(file))?;
            walks.insert(name.as_str(), walk);
        }
        let file = |name: &str| self.templates.get(name).map_or(name, |(file, _)| file).to_owned();
        for name in walks.keys() {
            if let Some(fault) = circle(name, &walks) {
                return Err(fault.within(&file(name)));
            }
        }
        if let Some((name, fault)) = loops_by_partials(&walks) {
            return Err(fault.within(&file(name)));
        }
        for (name, (_, template)) in self.templates {
            engine.register_template(&name, template);
        }
        Ok(engine)
    }
}

/// The engine's words on one line, without the template's text around it.
pub(super) fn said(error: &handlebars::RenderError) -> String {
    let place = error.line_no.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{place}{}", tidy(&error.reason().to_string()))
}

struct Fault {
    line: usize,
    reason: String,
    remedy: String,
}

impl Fault {
    fn new(line: usize, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), remedy: remedy.into() }
    }

    fn within(self, file: &str) -> TemplateError {
        TemplateError { file: file.to_owned(), line: Some(self.line), reason: self.reason, remedy: self.remedy }
    }
}

#[derive(Default)]
struct Walk<'a> {
    partials: &'a [&'a str],
    /// Partials that the template includes.
    included: Vec<Included>,
    /// Names that `as |name|` gave.
    locals: Vec<String>,
    /// The loops around the place that is looked at.
    loops: usize,
    /// The most loops inside one another, and the line of the innermost.
    deepest: (usize, usize),
}

/// A partial where a template includes it.
struct Included {
    name: String,
    line: usize,
    /// The loops around it.
    loops: usize,
}

impl Walk<'_> {
    fn template(&mut self, template: &Template) -> Result<(), Fault> {
        for (element, place) in template.elements.iter().zip(&template.mapping) {
            self.element(element, place.0)?;
        }
        Ok(())
    }

    fn element(&mut self, element: &Element, line: usize) -> Result<(), Fault> {
        match element {
            Element::RawString(_) | Element::Comment(_) => Ok(()),
            Element::Expression(helper) => self.expression(helper, line),
            Element::HelperBlock(helper) => self.block(helper, line),
            Element::PartialExpression(partial) => self.partial(partial, line),
            Element::HtmlExpression(_) => Err(Fault::new(
                line,
                "three braces or {{& write what strangers sent without escaping",
                "use two braces, or {{rich message}} for a message with breaks and links",
            )),
            // decorators and partial blocks
            _ => Err(Fault::new(
                line,
                "inline partials and partial blocks are not known here",
                "write a file _NAME.html.hbs or _NAME.txt.hbs and {{> _NAME}}",
            )),
        }
    }

    fn expression(&mut self, helper: &HelperTemplate, line: usize) -> Result<(), Fault> {
        if helper.params.is_empty() && helper.hash.is_empty() {
            return self.parameter(&helper.name, line);
        }
        known_helper(&helper.name, &VALUES, line)?;
        self.arguments(helper, line)
    }

    fn block(&mut self, helper: &HelperTemplate, line: usize) -> Result<(), Fault> {
        // an `{{else if}}` is a block without being marked as one
        known_helper(&helper.name, &BLOCKS, line)?;
        self.arguments(helper, line)?;
        let known = self.locals.len();
        if let Some(names) = &helper.block_param {
            self.locals.extend(named_by(names));
        }
        let is_loop = matches!(&helper.name, Parameter::Name(name) if name == "each");
        self.loops += usize::from(is_loop);
        self.deepest = self.deepest.max((self.loops, line));
        if self.loops > MOST_LOOPS {
            return Err(too_many_loops(line, ""));
        }
        for template in [&helper.template, &helper.inverse].into_iter().flatten() {
            self.template(template)?;
        }
        self.loops -= usize::from(is_loop);
        self.locals.truncate(known);
        Ok(())
    }

    fn arguments(&mut self, helper: &HelperTemplate, line: usize) -> Result<(), Fault> {
        helper.params.iter().chain(helper.hash.values()).try_for_each(|parameter| self.parameter(parameter, line))
    }

    fn partial(&mut self, partial: &DecoratorTemplate, line: usize) -> Result<(), Fault> {
        let name = match &partial.name {
            Parameter::Name(name) | Parameter::Path(Path::Relative((_, name))) => name.trim_matches(['[', ']', '\'']),
            _ => return Err(Fault::new(line, "a partial's name cannot be computed", "write {{> _NAME}}")),
        };
        if !self.partials.contains(&name) {
            let remedy =
                meant(name, self.partials.iter().copied(), "partials are files named _NAME.txt.hbs or _NAME.html.hbs");
            return Err(Fault::new(line, format!("unknown partial {name:?}"), remedy));
        }
        self.included.push(Included { name: name.to_owned(), line, loops: self.loops });
        // names given to a partial are fields inside it only: a partial reads the letter, nothing else
        if let Some(name) = partial.hash.keys().find(|name| !FIELD_NAMES.contains(*name)) {
            return Err(Fault::new(line, format!("a partial cannot be given {name:?}"), "give it a known field name"));
        }
        partial.params.iter().chain(partial.hash.values()).try_for_each(|parameter| self.parameter(parameter, line))
    }

    fn parameter(&mut self, parameter: &Parameter, line: usize) -> Result<(), Fault> {
        match parameter {
            Parameter::Literal(_) => Ok(()),
            Parameter::Subexpression(inner) => self.element(inner.as_element(), line),
            Parameter::Path(Path::Relative((segments, _))) => {
                let names = segments.iter().filter_map(|segment| match segment {
                    PathSeg::Named(name) => Some(name.as_str()),
                    _ => None,
                });
                names.into_iter().try_for_each(|name| self.field(name, line))
            }
            Parameter::Path(Path::Local((_, name, _))) => known_local(name, line),
            Parameter::Name(name) => self.field(name, line),
            _ => Err(Fault::new(line, "an expression of an unknown kind", "write a field's name")),
        }
    }

    fn field(&self, name: &str, line: usize) -> Result<(), Fault> {
        let position = name.bytes().all(|letter| letter.is_ascii_digit());
        if position || FIELD_NAMES.contains(name) || self.locals.iter().any(|local| local == name) {
            return Ok(());
        }
        let known = FIELD_NAMES.iter().map(String::as_str);
        let all: Vec<&str> = known.clone().collect();
        let remedy = meant(name, known, &format!("the fields are {}", all.join(", ")));
        Err(Fault::new(line, format!("unknown field {name:?}"), remedy))
    }
}

fn known_helper(name: &Parameter, known: &[&str], line: usize) -> Result<(), Fault> {
    let name = match name {
        Parameter::Name(name) | Parameter::Path(Path::Relative((_, name))) => name.as_str(),
        _ => "(…)",
    };
    if known.contains(&name) {
        return Ok(());
    }
    let remedy = meant(name, known.iter().copied(), &format!("what can stand there is {}", known.join(", ")));
    Err(Fault::new(line, format!("unknown helper {name:?}"), remedy))
}

fn known_local(name: &str, line: usize) -> Result<(), Fault> {
    const LOCALS: [&str; 4] = ["index", "first", "last", "key"];
    if LOCALS.contains(&name) {
        return Ok(());
    }
    Err(Fault::new(line, format!("unknown name \"@{name}\""), "in {{#each}} there are @index, @first and @last"))
}

fn named_by(names: &handlebars::template::BlockParam) -> Vec<String> {
    use handlebars::template::BlockParam::{Pair, Single};
    let parameters = match names {
        Single(one) => vec![one],
        Pair((one, other)) => vec![one, other],
        _ => Vec::new(),
    };
    let name = |parameter: &&Parameter| match parameter {
        Parameter::Name(name) | Parameter::Path(Path::Relative((_, name))) => Some(name.clone()),
        _ => None,
    };
    parameters.iter().filter_map(name).collect()
}

/// A partial that leads back to itself: the engine would overflow the stack and end the process.
fn circle(start: &str, walks: &BTreeMap<&str, Walk<'_>>) -> Option<Fault> {
    let mut ways: Vec<(Vec<&str>, usize)> = vec![(vec![start], 0)];
    let mut seen = BTreeSet::new();
    while let Some((way, first_line)) = ways.pop() {
        let last = way.last().copied().unwrap_or(start);
        for Included { name: next, line, .. } in walks.get(last).into_iter().flat_map(|walk| &walk.included) {
            let line = if first_line == 0 { *line } else { first_line };
            let mut longer = way.clone();
            longer.push(next);
            if next == start {
                let reason = format!("partials include each other: {}", longer.join(" -> "));
                return Some(Fault::new(line, reason, "take one of them out"));
            }
            if seen.insert(next.as_str()) {
                ways.push((longer, line));
            }
        }
    }
    None
}

/// The partial that has too many loops only together with those around it; there is no circle.
fn loops_by_partials<'a>(walks: &BTreeMap<&'a str, Walk<'_>>) -> Option<(&'a str, Fault)> {
    let mut around: BTreeMap<&str, usize> = BTreeMap::new();
    // the longest way through all partials takes one turn for each
    for _ in walks {
        for (name, walk) in walks {
            let outer = around.get(name).copied().unwrap_or_default();
            for included in &walk.included {
                let inner = around.entry(&included.name).or_default();
                *inner = outer.saturating_add(included.loops).max(*inner);
            }
        }
    }
    walks.iter().find_map(|(name, walk)| {
        let (own, line) = walk.deepest;
        let outer = around.get(name).copied().unwrap_or_default();
        (own > 0 && outer + own > MOST_LOOPS).then(|| (*name, too_many_loops(line, ", with those around it")))
    })
}

fn too_many_loops(line: usize, together: &str) -> Fault {
    let remedy =
        "a letter has conversations, and each of them files and earlier messages: write no more {{#each}} than that";
    Fault::new(line, format!("more than {MOST_LOOPS} loops inside one another{together}"), remedy)
}

/// The line at which blocks or brackets stand too deep inside one another for the parser's stack.
fn too_deep(source: &str) -> Option<usize> {
    // each open block with its `{{else if}}`s: the parser puts them inside one another as well
    let mut blocks: Vec<usize> = Vec::new();
    for (number, line) in source.lines().enumerate() {
        for tag in line.split("{{").skip(1) {
            let tag = tag.trim_start_matches(['{', '~', ' ']);
            match (tag.chars().next(), blocks.last_mut()) {
                (Some('#'), _) => blocks.push(1),
                (Some('/'), _) => drop(blocks.pop()),
                (Some('e' | '^'), Some(chain)) if tag.starts_with("else ") || tag.starts_with('^') => *chain += 1,
                _ => {}
            }
            let inside = tag.split("}}").next().unwrap_or_default();
            let brackets = inside.bytes().filter(|letter| matches!(letter, b'(' | b'[' | b'{')).count();
            if blocks.iter().sum::<usize>() > DEEPEST || brackets > DEEPEST {
                return Some(number + 1);
            }
        }
    }
    None
}

fn meant<'a>(typed: &str, known: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    nearest(typed, known).map_or_else(|| otherwise.to_owned(), |name| format!("did you mean {name:?}?"))
}

/// The parser's drawing of the place is for a terminal; the reason is its last line.
fn tidy(reason: &str) -> String {
    let last = reason.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    last.trim_start_matches("= ").to_owned()
}

fn collect_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                collect_names(value, names);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_names(value, names)),
        _ => {}
    }
}
