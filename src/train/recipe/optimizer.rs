//! The recipe's `optimizer`: which rule moves the parameters, with its settings under `torch.optim`'s names.

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Bounds, Field, Found, Keys};

/// An optimizer and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimizerRecipe {
    #[serde(flatten)]
    pub rule: OptimizerRule,
    pub lr: f64,
    /// Times the parameter added to its gradient; of AdamW times the learning rate taken from the parameter.
    pub weight_decay: f64,
}

/// The rules, each with the settings that it alone uses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum OptimizerRule {
    Sgd { momentum: f64, nesterov: bool },
    Adam { betas: [f64; 2], eps: f64 },
    AdamW { betas: [f64; 2], eps: f64 },
    Adamax { betas: [f64; 2], eps: f64 },
    Nadam { betas: [f64; 2], eps: f64 },
    RmsProp { alpha: f64, eps: f64, momentum: f64 },
}

const BETAS: [f64; 2] = [0.9, 0.999];
const EPS: f64 = 1e-8;

/// Every rule by its name, with PyTorch's settings.
pub const RULES: &[(&str, OptimizerRule)] = &[
    ("adam", OptimizerRule::Adam { betas: BETAS, eps: EPS }),
    ("sgd", OptimizerRule::Sgd { momentum: 0.0, nesterov: false }),
    ("adamw", OptimizerRule::AdamW { betas: BETAS, eps: EPS }),
    ("adamax", OptimizerRule::Adamax { betas: BETAS, eps: EPS }),
    ("nadam", OptimizerRule::Nadam { betas: BETAS, eps: EPS }),
    ("rmsprop", OptimizerRule::RmsProp { alpha: 0.99, eps: EPS, momentum: 0.0 }),
];

/// Every key of every rule.
const KEYS: &[&str] = &["name", "lr", "weight_decay", "betas", "eps", "momentum", "nesterov", "alpha"];

impl Default for OptimizerRecipe {
    fn default() -> Self {
        Self::of(RULES[0].1)
    }
}

impl OptimizerRecipe {
    /// A rule with a learning rate of 0.001 and its weight decay.
    pub fn of(rule: OptimizerRule) -> Self {
        Self { rule, lr: 1e-3, weight_decay: rule.weight_decay() }
    }

    pub fn name(&self) -> &'static str {
        self.rule.name()
    }

    /// With another rule, where it is another: the learning rate stays, and a weight decay that was chosen.
    pub fn renamed(self, rule: OptimizerRule) -> Self {
        if rule.name() == self.name() {
            return self;
        }
        let chosen = self.weight_decay != self.rule.weight_decay();
        Self { rule, weight_decay: if chosen { self.weight_decay } else { rule.weight_decay() }, ..self }
    }

    pub(super) fn read(field: Field, found: &Found) -> Self {
        let mut recipe = Self::default();
        if !field.is_map() {
            match field.word(RULES) {
                Ok(rule) => recipe = Self::of(rule),
                Err(fault) => found.borrow_mut().push(fault),
            }
            return recipe;
        }
        let Some(mut keys) = Keys::of(field, found) else { return recipe };
        let named = keys.read("name", |name| name.word(RULES));
        recipe = Self::of(named.unwrap_or(recipe.rule));
        keys.set("lr", &mut recipe.lr, |lr| lr.number(Bounds::POSITIVE));
        keys.set("weight_decay", &mut recipe.weight_decay, |decay| decay.number(Bounds::NOT_NEGATIVE));
        recipe.rule.read(&mut keys);
        keys.unused(KEYS, recipe.name());
        keys.finish("`optimizer`");
        recipe
    }
}

impl OptimizerRule {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adamw",
            Self::Adamax { .. } => "adamax",
            Self::Nadam { .. } => "nadam",
            Self::RmsProp { .. } => "rmsprop",
        }
    }

    /// PyTorch's.
    fn weight_decay(&self) -> f64 {
        if matches!(self, Self::AdamW { .. }) { 0.01 } else { 0.0 }
    }

    fn read(&mut self, keys: &mut Keys) {
        match self {
            Self::Sgd { momentum, nesterov } => {
                keys.set("momentum", momentum, |field| field.number(Bounds::BELOW_ONE));
                keys.set("nesterov", nesterov, |field| field.flag());
                if *momentum == 0.0 && *nesterov {
                    keys.read("nesterov", |field| -> Result<(), _> {
                        let message = "`nesterov` needs a `momentum` above 0";
                        Err(Diagnostic::error(Code::RECIPE_KIND, message).at(field.span(), "has no momentum"))
                    });
                }
            }
            Self::Adam { betas, eps }
            | Self::AdamW { betas, eps }
            | Self::Adamax { betas, eps }
            | Self::Nadam { betas, eps } => {
                keys.set("betas", betas, read_betas);
                keys.set("eps", eps, |field| field.number(Bounds::NOT_NEGATIVE));
            }
            Self::RmsProp { alpha, eps, momentum } => {
                keys.set("alpha", alpha, |field| field.number(Bounds::BELOW_ONE));
                keys.set("eps", eps, |field| field.number(Bounds::NOT_NEGATIVE));
                keys.set("momentum", momentum, |field| field.number(Bounds::BELOW_ONE));
            }
        }
    }
}

fn read_betas(field: &Field) -> Result<[f64; 2], crate::diagnostic::Diagnostic> {
    let betas = field.list(|beta| beta.number(Bounds::BELOW_ONE))?;
    <[f64; 2]>::try_from(betas).map_err(|_| field.wrong_kind("two numbers, as `[0.9, 0.999]`"))
}
