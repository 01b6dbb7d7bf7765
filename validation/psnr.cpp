#include "validation/psnr.hpp"

namespace lvtino {

MetricValue Psnr::do_evaluate(const Tensor& restored, const Tensor& truth) const {
  const auto decibels = [](double error, std::int64_t count) {
    return -10 * std::log10(error / double(count));
  };
  MetricValue out;
  double total = 0;
  for (std::int64_t t = 0; t < truth.size(2); ++t) {
    const Tensor a = restored.select(2, t).contiguous(), b = truth.select(2, t).contiguous();
    const double error = squared_distance(a, b);
    out.per_frame.push_back(decibels(error, a.numel()));
    total += error;
  }
  out.whole = decibels(total, truth.numel());
  return out;
}

}  // namespace lvtino
