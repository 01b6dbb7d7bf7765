#include "lvtino/measurement_report.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "operators/stack_operator.hpp"
#include "validation/noise_laws.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kWidestRow = 4096;

// The leaves of nested stacks in their order in y.
void gather(const LinearOperator& op, const Tensor& y, std::vector<std::pair<const LinearOperator*, Tensor>>& out) {
  const auto* stack = dynamic_cast<const StackOperator*>(&op);
  if (!stack) return out.emplace_back(&op, y), void();
  const std::vector<Tensor> values = stack->split(y);
  for (std::size_t p = 0; p < values.size(); ++p) gather(*stack->parts()[p], values[p], out);
}

}  // namespace

std::vector<MeasuredPart> measured_parts(const LinearOperator& op, const Tensor& y) {
  std::vector<std::pair<const LinearOperator*, Tensor>> leaves;
  gather(op, y, leaves);
  if (leaves.size() == 1) return {{"measurement", "measurement", leaves.front().second}};
  std::vector<MeasuredPart> out;
  for (const auto& [part, values] : leaves)
    out.push_back({text("measurement_", out.size() + 1),
                   text("measurement ", out.size() + 1, ": ", part->name()), values});
  return out;
}

Tensor shown_frames(const Tensor& values) {
  const bool colours = values.dim() == 5 && (values.size(1) == 1 || values.size(1) == 3);
  if (!colours || values.size(0) != 1 || (values.size(3) == 1 && values.size(4) > kWidestRow)) return Tensor();
  return values.to(at::kFloat).clamp(0, 1).expand({1, 3, values.size(2), values.size(3), values.size(4)}).contiguous();
}

std::vector<MeasuredPart> measured_parts(const MeasurementModel& model, const Tensor& y) {
  if (model.is_linear()) return measured_parts(*model.linear(), y);
  return {{"measurement", "measurement", model.picture(y)}};
}

static Json linear_json(const Experiment& experiment, const Measurement& measurement) {
  const LinearOperator& op = *measurement.op;
  Json out = {{"operator", op.name()}, {"sigma", measurement.sigma}, {"values", measurement.y.numel()}};
  const auto factors = op.gram_factors();
  out["norm"] = factors ? Json(std::sqrt(factors->largest())) : Json();
  Json noise = {{"type", experiment.plan.noise->name()}, {"words", experiment.plan.noise->words()}};
  const auto parts = measured_parts(op, measurement.y);
  Json shapes = Json::array();
  for (const MeasuredPart& part : parts)
    shapes.push_back({{"name", part.name}, {"label", part.label}, {"shape", shape_of(part.values)}});
  if (parts.size() > 1) out["parts"] = shapes;  // in their order in y, each flattened
  if (experiment.video_is_truth) {
    // The noise that was really drawn, beside the noise that was asked for.
    const Tensor truth = experiment.video.frames.to(experiment.plan.placement.dtype);
    const DrawnNoise drawn = measure_noise(*experiment.plan.noise, measurement, truth);
    noise["declared_sigma"] = drawn.declared_sigma;
    noise["drawn_sigma"] = drawn.drawn_sigma;
    noise["standard_errors"] = drawn.standard_errors;
    out["drawn_noise_over_sigma"] = relative_residual(measurement, truth);
  }
  out["noise"] = noise;
  return out;
}

Json measurement_json(const Experiment& experiment, const DataTerm& data, const Tensor& y) {
  const Plan& plan = experiment.plan;
  if (const auto* linear = dynamic_cast<const DataProx*>(&data); linear && plan.noise)
    return linear_json(experiment, linear->measurement());
  Json out = {{"operator", plan.model->name()}, {"sigma", plan.model->sigma()}, {"values", y.numel()}, {"norm", nullptr}};
  if (experiment.video_is_truth)
    out["misfit_of_truth"] = data.misfit(experiment.video.frames.to(plan.placement.dtype));
  return out;
}

}  // namespace lvtino
