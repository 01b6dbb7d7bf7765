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
/// The same for any model: what is not linear is one part, its picture.
std::vector<MeasuredPart> measured_parts(const MeasurementModel& model, const Tensor& y);

/// The values as frames that a viewer can show: float32 in [0, 1], three channels, a single one repeated.
/// Undefined where they are no picture: neither one nor three channels, several samples, or a lone row of
/// more than 4096 values (a flattened stack).
Tensor shown_frames(const Tensor& values);

/// What the report says of the measurement: the operator, sigma, and where the truth is known the noise
/// declared and drawn, or the misfit of the truth where the measurement is not linear; the parts of a stack.
Json measurement_json(const Experiment& experiment, const DataTerm& data, const Tensor& y);

}  // namespace lvtino
