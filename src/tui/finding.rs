//! Finding and filtering: what is typed is looked for at once.

use crate::filter::Filter;

use super::action::Tab;
use super::app::App;
use super::effect::Effect;
use super::key::{Code, Key};
use super::layer::{FilterPrompt, Layer};
use super::plan::Focus;

/// What is typed without a last word that may become the name of a field: `s` on the way to `sig:`
/// would empty the list for a moment.
fn so_far(typed: &str) -> &str {
    Filter::completions(typed)
        .first()
        .filter(|completion| completion.from < typed.len() && completion.text.ends_with(':'))
        .and_then(|completion| typed.get(..completion.from))
        .unwrap_or(typed)
}

impl App {
    pub(super) fn find_key(&mut self, mut prompt: super::prompt::Prompt, key: Key) {
        match key.code {
            Code::Esc => self.clear_find(),
            Code::Enter => {
                let needle = prompt.text().to_owned();
                if !needle.is_empty() && self.find_history.last() != Some(&needle) {
                    self.find_history.push(needle);
                }
                if self.find_in_list() && !prompt.text().is_empty() {
                    self.find_next(true);
                }
            }
            Code::Tab => {
                let text = prompt.text().to_owned();
                self.clear_find();
                self.act(super::action::Action::Filter);
                if let Some(Layer::Filter(filter)) = self.layers.last_mut() {
                    filter.prompt.set(text);
                }
                self.typed();
            }
            _ => {
                let changed = prompt.key(key);
                self.layers.push(Layer::Find(prompt));
                if changed {
                    self.typed();
                }
            }
        }
    }

    pub(super) fn find_in_list(&self) -> bool {
        self.focus == Focus::List
    }

    pub(super) fn clear_find(&mut self) {
        if self.find_in_list() {
            self.list_needle.clear();
        } else {
            self.detail.body.search = super::body_view::Search {
                generation: self.detail.body.search.generation + 1,
                ..super::body_view::Search::default()
            };
        }
    }

    /// After the text of a prompt has changed.
    pub(super) fn typed(&mut self) {
        match self.layers.last() {
            Some(Layer::Find(prompt)) => {
                let needle = prompt.text().to_owned();
                self.find(needle);
            }
            Some(Layer::Filter(filter)) => {
                let text = so_far(filter.prompt.text()).trim().to_owned();
                self.filter_typed(&text);
            }
            _ => {}
        }
    }

    pub(super) fn find(&mut self, needle: String) {
        if self.find_in_list() {
            self.list_needle = needle;
            return;
        }
        if self.detail.tab == Tab::Headers {
            super::headers::find(self, &needle);
            return;
        }
        self.detail.tab = Tab::Body;
        let search = &mut self.detail.body.search;
        search.generation += 1;
        search.hits = None;
        search.problem = None;
        search.needle = needle.clone();
        let (generation, body) = self.body();
        self.effects.push(Effect::Search {
            generation,
            body,
            needle,
        });
    }

    /// Takes in what a search of the body found.
    pub(super) fn found(
        &mut self,
        generation: u64,
        hits: Result<Vec<std::ops::Range<usize>>, String>,
    ) {
        if generation != self.detail.body.search.generation {
            return;
        }
        match hits {
            Ok(hits) => {
                self.detail.body.search.hits = Some(hits);
                let height = super::body::height(self);
                self.detail.body.go_to(0, height);
            }
            Err(problem) => self.detail.body.search.problem = Some(problem),
        }
    }

    /// The next place of what was searched for.
    pub(super) fn find_next(&mut self, forward: bool) {
        if self.find_in_list() {
            self.find_next_in_list(forward);
            return;
        }
        if self.detail.tab == Tab::Headers {
            super::headers::find_next(self, forward);
            return;
        }
        if self.detail.body.search.needle.is_empty() {
            self.tell("nothing is searched for: / begins");
            return;
        }
        let height = super::body::height(self);
        match self.detail.body.next_hit(forward, height) {
            Some(true) => self.tell("went on at the other end"),
            Some(false) => {}
            None => self.tell("not found"),
        }
    }

    pub(super) fn find_next_in_list(&mut self, forward: bool) {
        if self.list_needle.is_empty() {
            self.tell("nothing is searched for: / begins");
            return;
        }
        match super::list_find::next(self, forward) {
            Some(event) => self.list.select(event, None, &self.index),
            None => self.tell("not found in the list; f filters, with body:text too"),
        }
    }

    pub(super) fn filter_key(&mut self, mut filter: FilterPrompt, key: Key) {
        match key.code {
            Code::Esc => self.clear_filter(),
            Code::Enter => {
                let text = filter.prompt.text().trim().to_owned();
                self.layers.push(Layer::Filter(filter));
                self.filter_typed(&text);
                if matches!(
                    self.layers.last(),
                    Some(Layer::Filter(FilterPrompt {
                        problem: Some(_),
                        ..
                    }))
                ) {
                    return;
                }
                self.layers.pop();
                if !text.is_empty() && self.filtering.history.last() != Some(&text) {
                    self.filtering.history.push(text);
                }
            }
            Code::Tab => {
                let typed = filter.prompt.text()[..filter.prompt.cursor()].to_owned();
                let rest = filter.prompt.text()[filter.prompt.cursor()..].to_owned();
                if let Some((from, word, _)) = super::prompts::offered(self, &typed).first() {
                    let end = if word.ends_with(':') { "" } else { " " };
                    filter
                        .prompt
                        .set(format!("{}{word}{end}{rest}", &typed[..*from]));
                }
                self.layers.push(Layer::Filter(filter));
                self.typed();
            }
            _ => {
                let changed = filter.prompt.key(key);
                self.layers.push(Layer::Filter(filter));
                if changed {
                    self.typed();
                }
            }
        }
    }

    /// A filter that can be read is used at once; one that cannot leaves the last good one.
    pub(super) fn filter_typed(&mut self, text: &str) {
        let parsed: Result<Filter, _> = text.parse();
        let problem = match parsed {
            Ok(filter) if filter.is_all() => {
                self.clear_filter();
                None
            }
            Ok(filter) => {
                if self.filtering.filter.as_ref() != Some(&filter) {
                    self.filter_by(text, filter);
                }
                None
            }
            Err(error) => Some((error.at, error.message, error.fix)),
        };
        if let Some(Layer::Filter(prompt)) = self.layers.last_mut() {
            prompt.problem = problem;
        }
    }
}
