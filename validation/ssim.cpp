#include "validation/ssim.hpp"

#include "lvtino/core/error.hpp"
#include "validation/ssim_kernels.hpp"

namespace lvtino {
namespace {

template <class T>
double plane_mean(const Tensor& a, const Tensor& b) {
  const std::int64_t height = a.size(0), width = a.size(1);
  const std::int64_t inside = (height - kernels::kSsimTaps + 1) * (width - kernels::kSsimTaps + 1);
  return kernels::ssim_sum(a.const_data_ptr<T>(), b.const_data_ptr<T>(), height, width) /
         double(inside);
}

}  // namespace

MetricValue Ssim::do_evaluate(const Tensor& restored, const Tensor& truth) const {
  if (std::min(truth.size(3), truth.size(4)) < kernels::kSsimTaps)
    throw ShapeError(text("ssim: expected frames of at least ", kernels::kSsimTaps, "x",
                          kernels::kSsimTaps, " pixels, got ", describe(truth)));
  const bool single = truth.scalar_type() == at::kFloat;
  const std::int64_t channels = truth.size(1), frames = truth.size(2);
  MetricValue out;
  for (std::int64_t t = 0; t < frames; ++t) {
    double sum = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
      const Tensor a = restored[0][c][t], b = truth[0][c][t];
      sum += single ? plane_mean<float>(a, b) : plane_mean<double>(a, b);
    }
    out.per_frame.push_back(sum / double(channels));
    out.whole += out.per_frame.back() / double(frames);
  }
  return out;
}

}  // namespace lvtino
