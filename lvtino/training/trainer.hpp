#pragma once

#include <functional>
#include <ostream>

#include "lvtino/training/objective.hpp"

namespace lvtino::training {

struct TrainerOptions {
  bool resume = false;
  bool progress = true;
  double checkpoint_seconds = 120;  ///< between checkpoints
  std::ostream* log = nullptr;      ///< a line each validation
  std::function<bool()> interrupted = [] { return false; };
};

/// Trains the teacher, then the student, and writes into the spec's folder
///
///   teacher.safetensors, NAME.safetensors   the running averages of their weights
///   training.json, training.html            losses, validation, spec, times
///   checkpoint.safetensors                  until it is done
///
/// Every loss is a pure function of the spec (and of the processor's arithmetic): a run that is
/// interrupted and resumed gives the losses and weights of an uninterrupted one.
/// Throws Interrupted (the checkpoint stays), IoError, SpecError, NumericalError.
/// Returns the report.
Json train(const TrainingSpec& spec, const TrainerOptions& options);

}  // namespace lvtino::training
