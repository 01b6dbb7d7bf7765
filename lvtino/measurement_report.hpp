#pragma once

#include <string>
#include <vector>

#include "lvtino/experiment.hpp"

namespace lvtino {

/// One part of a measurement: all of it, or one operator of a stack, in the shape of that operator's
/// range.
struct MeasuredPart {
  std::string name;   ///< "measurement"; of a stack "measurement_1", "measurement_2", ...
  std::string label;  ///< in words
  Tensor values;      ///< [N, C, T, H, W]
};
std::vector<MeasuredPart> measured_parts(const LinearOperator& op, const Tensor& y);

/// The values as frames that a viewer can show: float32 in [0, 1], three channels, a single one repeated.
/// Undefined where they are no picture: neither one nor three channels, several samples, or a lone row of
/// more than 4096 values (a flattened stack).
Tensor shown_frames(const Tensor& values);

/// What the report says of the measurement: the operator, sigma of the data term, the noise declared and
/// drawn (where the truth is known), and the parts of a stack.
Json measurement_json(const Experiment& experiment, const Measurement& measurement);

}  // namespace lvtino
