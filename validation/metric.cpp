#include "validation/metric.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

MetricValue Metric::evaluate(const Tensor& restored, const Tensor& truth) const {
  if (truth.dim() != 5 || truth.size(0) != 1 || truth.numel() == 0)
    throw ShapeError(text(name(), ": expected videos [1, C, T, H, W], got ", describe(truth)));
  const Placement placement = placement_of(truth);
  if (!truth.is_cpu() || (placement.dtype != at::kFloat && placement.dtype != at::kDouble))
    throw PlacementError(
        text(name(), ": expected float32 or float64 on the CPU, got ", describe(truth)));
  require(truth, shape_of(truth), placement, name() + ": truth");
  require(restored, shape_of(truth), placement, name() + ": restored video");
  for (const Tensor& video : {restored, truth})
    if (const std::int64_t bad = count_non_finite(video); bad > 0)
      throw NumericalError(text(name(), ": ", bad, " values of a video are not finite"));
  return do_evaluate(restored, truth);
}

}  // namespace lvtino
