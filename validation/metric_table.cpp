#include "validation/metric_table.hpp"

#include "validation/psnr.hpp"
#include "validation/ssim.hpp"

namespace lvtino {
namespace {

template <class Kind>
std::unique_ptr<Metric> make(const SpecReader&) {
  return std::make_unique<Kind>();
}

}  // namespace

const Registry<MetricFactory>& metrics() {
  static const Registry<MetricFactory> table(
      "metric",
      {{"psnr", "peak signal-to-noise ratio, dB", R"({"type": "psnr"})", make<Psnr>},
       {"ssim", "structural similarity, Gaussian window", R"({"type": "ssim"})", make<Ssim>}});
  return table;
}

}  // namespace lvtino
