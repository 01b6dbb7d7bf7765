#include <limits>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng_kernels.hpp"
#include "lvtino/device/jpeg_projection.hpp"
#include "lvtino/device/kernel_sets.hpp"
#include "lvtino/device/random.hpp"
#include "solvers/interval_projector.hpp"

namespace lvtino::device {
namespace {

// Intervals about the coefficients of another video, some of no width and some open on one side.
template <class T>
Intervals drawn_intervals(Extents& draw, const Shape& domain, const JpegLayout& layout) {
  const auto op = std::make_shared<JpegTransform>(domain, Placement{kDtype<T>, at::kCPU}, layout);
  const Tensor centre = op->apply(draw.normal(domain, kDtype<T>));
  const Tensor width = draw.normal(op->range(), kDtype<T>),
               kind = draw.normal(op->range(), kDtype<T>);
  constexpr double kOpen = std::numeric_limits<double>::infinity();
  const Tensor half = at::clamp_min(width, 0);
  Tensor lower = (centre - half).masked_fill(kind > 1.5, -kOpen);
  Tensor upper = (centre + half).masked_fill(kind < -1.5, kOpen);
  return Intervals(op, lower, upper);
}

template <class T>
void projections(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison projection("JPEG projection", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const JpegVideo video{1 + draw.below(2), draw.next(4), 8 * draw.next(7), 8 * draw.next(11)};
    const Shape domain{video.batch, 3, video.frames, video.height, video.width};
    const JpegColor color = draw.below(4) == 0 ? JpegColor::rgb : JpegColor::ycc;
    const JpegLayout layout(video.height, video.width, color, jpeg_factors("444"));
    const Intervals set = drawn_intervals<T>(draw, domain, layout);
    const Tensor v = draw.normal(domain, kDtype<T>);
    const Buffer<T> on_v = on_device<T>(stream, v), lower = on_device<T>(stream, set.lower),
                    upper = on_device<T>(stream, set.upper);
    jpeg_project<T>(stream, video, layout, lower.data(), upper.data(), on_v.data(), on_v.data());
    projection.add(on_host(stream, on_v, domain), jpeg_projector(set)->project(v).summary.x,
                   text(to_string(domain), color == JpegColor::rgb ? " RGB" : " YCbCr"));
  }
  out.push_back(projection.report());
}

template <class T>
void normal_numbers(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison numbers("normal numbers", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto seed = std::uint64_t(draw.below(1ll << 62)),
               which = std::uint64_t(draw.below(1ll << 62));
    const std::int64_t count = draw.next(200000), first = k % 2 == 0 ? 0 : draw.below(1ll << 34);
    const Buffer<T> result(count);
    fill_normal<T>(stream, result.data(), first, count, seed, which);
    Tensor host = at::empty({count}, at::TensorOptions().dtype(kDtype<T>));
    kernels::fill_normal(host.mutable_data_ptr<T>(), first, count, seed, which);
    numbers.add(on_host(stream, result, {count}), host, text(count, " from ", first));
  }
  out.push_back(numbers.report());
}

}  // namespace

void add_jpeg_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out) {
  projections<float>(stream, shapes, Extents(rng), out);
  projections<double>(stream, shapes, Extents(rng), out);
}

void add_random_laws(const Stream& stream, int shapes, const Rng& rng,
                     std::vector<LawReport>& out) {
  normal_numbers<float>(stream, shapes, Extents(rng), out);
  normal_numbers<double>(stream, shapes, Extents(rng), out);
}

}  // namespace lvtino::device
