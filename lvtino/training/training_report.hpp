#pragma once

#include <string>

#include "lvtino/training/objective.hpp"

namespace lvtino::training {

/// Rows as JSON: {sigma, psnr, consistency}.
Json validation_json(const std::vector<ValidationRow>& rows);

/// Writes training.json and training.html, a self-contained page with the loss and validation
/// curves, into `folder`. Throws IoError.
void write_training_report(const std::string& folder, const std::string& name, const Json& report);

}  // namespace lvtino::training
