#include "lvtino/device/measurements.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "lvtino/device/comparison.hpp"
#include "lvtino/device/jpeg_projection.hpp"
#include "lvtino/device/measurement_table.hpp"
#include "lvtino/device/primal_dual.hpp"
#include "lvtino/device/random.hpp"
#include "lvtino/device/separable.hpp"
#include "lvtino/device/tv_steps.hpp"
#include "operators/axis_maps.hpp"
#include "operators/jpeg_transform.hpp"

namespace lvtino::device {
namespace {

constexpr double kWord = sizeof(float);

struct Video {
  std::string name;
  Shape shape;
};

std::vector<Video> videos(const std::string& size) {
  const Video small{"small", {1, 3, 9, 96, 160}}, clip{"clip", {1, 3, 25, 360, 640}},
      hd{"hd", {1, 3, 25, 768, 1280}};
  if (size == "small") return {small};
  if (size == "clip") return {clip};
  if (size == "hd") return {hd};
  return {clip, hd};
}

// Arrays of the video's size, filled with numbers between 0 and 1 that no kernel finds special.
class Arrays {
 public:
  Arrays(const Stream& stream, std::int64_t count) : stream_(stream), count_(count) {
    pattern_ = Rng(7).uniform({std::min<std::int64_t>(count, 1 << 20)}, {at::kFloat, at::kCPU});
  }
  Buffer<float> next() const {
    Buffer<float> out(count_);
    for (std::int64_t at = 0; at < count_; at += pattern_.numel())
      stream_.upload(out.data() + at, pattern_.const_data_ptr<float>(),
                     std::min(pattern_.numel(), count_ - at) * std::int64_t(sizeof(float)));
    return out;
  }

 private:
  const Stream& stream_;
  std::int64_t count_;
  Tensor pattern_;
};

void measure_tv(MeasurementTable& table, const Stream& stream, const Video& video,
                const Arrays& arrays) {
  const TvShape s{video.shape[0] * video.shape[1], video.shape[2], video.shape[3], video.shape[4]};
  const TvWeights w{0.02, 0.02, 0.02, true};
  const double voxels = kWord * double(s.slices * s.frames * s.height * s.width);
  const Buffer<float> x = arrays.next(), before = arrays.next(), u = arrays.next(),
                      h = arrays.next(), v = arrays.next(), t = arrays.next();
  const Buffer<double> partial(tv_partials(s)), sum(1);
  const TvFields<float> q{h.data(), v.data(), t.data()};
  const auto dual = [&](const Buffer<float>& now, const Buffer<float>& old) {
    tv_dual_step<float>(stream, s, w, now.data(), old.data(), 1, 4, 1, q);
  };
  const auto primal = [&](const Buffer<float>& now, const Buffer<float>& next) {
    tv_primal_step<float>(stream, s, w, now.data(), 0.9f, u.data(), 0.1f, 0.1f, q, next.data());
  };
  table.add("TV gradient", 4 * voxels, [&] { tv_gradient<float>(stream, s, w, x.data(), q); });
  table.add("TV divergence", 4 * voxels, [&] {
    tv_primal_step<float>(stream, s, w, nullptr, 0, nullptr, 0, -1, q, before.data());
  });
  table.add("TV dual step", 8 * voxels, [&] { dual(x, before); });
  table.add("TV dual step, theta 0", 7 * voxels,
            [&] { tv_dual_step<float>(stream, s, w, x.data(), x.data(), 0, 4, 1, q); });
  table.add("TV primal step", 6 * voxels, [&] { primal(x, before); });
  table.add("TV primal step with its sum", 6 * voxels, [&] {
    tv_primal_step_with_sum<float>(stream, s, w, x.data(), 0.9f, u.data(), 0.1f, 0.1f, q, 0.1,
                                   before.data(), partial.data(), sum.data());
  });
  const auto two_iterations = [&] {
    dual(x, before), primal(x, before), dual(before, x), primal(before, x);
  };
  table.add("TV two iterations", 28 * voxels, two_iterations);
  const Graph graph(stream, two_iterations);
  table.add("TV two iterations, one graph", 28 * voxels, [&] { graph.launch(stream); });
}

// The loop of a joint prox, without data and with `data`, whose measurement has `few` bytes.
void measure_loop(MeasurementTable& table, const Stream& stream, const Shape& d,
                  const std::string& name, const DataProxOnDevice<float>* data, double few) {
  const double voxels = kWord * double(element_count(d));
  const Tensor u = Rng(11).uniform(d, {at::kFloat, at::kCPU});
  const double prox = data ? 3 * voxels + 3 * few : 0, bound = data ? 3 * voxels + 6 * few : 0;
  const auto loop_of = [&](Sweep sweep) {
    PrimalDualLoop<float> out(stream, {d[0] * d[1], d[2], d[3], d[4]}, {1, 1, 1, true},
                              u.const_data_ptr<float>(), 0.01, data, sweep);
    out.begin({.tau = 0.01, .sigma = 1 / (0.01 * 12), .relaxation = 1.8});
    return out;
  };
  {
    PrimalDualLoop<float> loop = loop_of(Sweep::one_pass);
    table.add(name + ": iteration in one pass", 11 * voxels + prox, [&] { loop.iterate(); });
  }
  PrimalDualLoop<float> loop = loop_of(Sweep::two_passes);
  table.add(name + ": iteration in two passes", 16 * voxels + prox, [&] { loop.iterate(); });
  table.add(name + ": certificate", 6 * voxels + bound, [&] { loop.bound(); });
  table.add(name + ": iteration with one", 21 * voxels + prox + bound,
            [&] { loop.dual_step(), loop.bound(), loop.primal_step(); });
}

// What a joint prox sends: u and three fields to the device, x and three fields back.
void measure_transfers(MeasurementTable& table, const Stream& stream, const Arrays& arrays) {
  const Buffer<float> on = arrays.next();
  std::vector<float> host = on.host(stream);
  table.add("upload of a video", double(on.bytes()),
            [&] { stream.upload(on.data(), host.data(), on.bytes()); });
  table.add("download of a video", double(on.bytes()),
            [&] { stream.download(host.data(), on.data(), on.bytes()); });
}

// Intervals about a video's own coefficients, narrower than the noise of what is projected.
void measure_jpeg(MeasurementTable& table, const Stream& stream, const Video& video,
                  const Arrays& arrays) {
  const Shape& d = video.shape;
  const JpegLayout layout(d[3], d[4], JpegColor::ycc, jpeg_factors("444"));
  const JpegTransform transform(d, {at::kFloat, at::kCPU}, layout);
  const Tensor x = Rng(9).uniform(d, {at::kFloat, at::kCPU}), centre = transform.apply(x);
  const Buffer<float> lower = on_device<float>(stream, centre - 0.02),
                      upper = on_device<float>(stream, centre + 0.02);
  const Buffer<float> v = on_device<float>(
                          stream, Rng(10).normal(d, {at::kFloat, at::kCPU}).mul_(0.02).add_(x)),
                      out = arrays.next();
  const double words = kWord * double(element_count(d));
  table.add("JPEG projection", 4 * words, [&] {
    jpeg_project<float>(stream, {d[0], d[2], d[3], d[4]}, layout, lower.data(), upper.data(),
                        v.data(), out.data());
  });
  table.add("normal numbers", words,
            [&] { fill_normal<float>(stream, out.data(), 0, out.count(), 1, 2); });
}

std::shared_ptr<const SeparableOperator> separable(const Shape& d, AxisMap t, AxisMap h,
                                                   AxisMap w) {
  return std::make_shared<SeparableOperator>("measured", d, Placement{at::kFloat, at::kCPU},
                                             std::move(t), std::move(h), std::move(w));
}

void measure_operator(MeasurementTable& table, const Stream& stream, const Arrays& arrays,
                      const std::string& name, const std::shared_ptr<const SeparableOperator>& a,
                      bool with_prox) {
  const Separable<float> device(stream, *a);
  const Buffer<float> x = arrays.next(), z(device.range_count());
  stream.zero(z.data(), z.bytes());
  const double many = kWord * double(device.domain_count()),
               few = kWord * double(device.range_count());
  table.add(name + ": A x", many + few, [&] { device.apply(stream, x.data(), z.data()); });
  table.add(name + ": A'y", many + few,
            [&] { device.adjoint_add(stream, nullptr, 1, z.data(), x.data()); });
  table.add(name + ": x + A'y in place", 2 * many + few,
            [&] { device.adjoint_add(stream, x.data(), 0.01f, z.data(), x.data()); });
  if (!with_prox) return;
  // A x reads the video and writes the data; the data, the video; the video again.
  const double bytes = 3 * many + 3 * few;
  const Measurement m(a, Rng(8).uniform(a->range(), {at::kFloat, at::kCPU}), 0.05);
  for (const bool by_slice : {false, true}) {
    const DataProxOnDevice<float> prox(stream, m, by_slice ? 1 : device.domain_count() + 1);
    const std::string row = name + (by_slice ? ": data prox by slice" : ": data prox");
    table.add(row, bytes, [&] { prox.solve_in_place(stream, x.data(), 0.01); });
    const Graph graph(stream, [&] { prox.solve_in_place(stream, x.data(), 0.01); });
    table.add(row + ", graph", bytes, [&] { graph.launch(stream); });
  }
  const DataProxOnDevice<float> prox(stream, m);
  measure_loop(table, stream, a->domain(), name, &prox, few);
}

void measure_operators(MeasurementTable& table, const Stream& stream, const Video& video,
                       const Arrays& arrays) {
  const Shape& d = video.shape;
  const auto shrink = [&](std::size_t axis, std::int64_t factor, Filter filter) {
    return decimate(d[axis], factor, filter, Boundary::reflect);
  };
  const std::vector<double> taps(7, 1.0 / 7);
  measure_operator(table, stream, arrays, "problem A",
                   separable(d, average(d[2], 4, Tail::replicate), shrink(3, 4, Filter::bicubic),
                             shrink(4, 4, Filter::bicubic)),
                   true);
  measure_operator(table, stream, arrays, "problem B",
                   separable(d, blur(d[2], taps, Boundary::circular), shrink(3, 8, Filter::bicubic),
                             shrink(4, 8, Filter::bicubic)),
                   true);
  measure_operator(table, stream, arrays, "problem C",
                   separable(d, average(d[2], 8, Tail::replicate), shrink(3, 8, Filter::bicubic),
                             shrink(4, 8, Filter::bicubic)),
                   true);
  measure_operator(
      table, stream, arrays, "box 8 x 8",
      separable(d, AxisMap::identity(d[2]), shrink(3, 8, Filter::area), shrink(4, 8, Filter::area)),
      true);
  const auto same = [&](std::size_t axis) { return AxisMap::identity(d[axis]); };
  measure_operator(table, stream, arrays, "average of 4 frames",
                   separable(d, average(d[2], 4, Tail::replicate), same(3), same(4)), false);
  measure_operator(table, stream, arrays, "blur of 7 frames",
                   separable(d, blur(d[2], taps, Boundary::circular), same(3), same(4)), false);
  measure_operator(table, stream, arrays, "blur of 7 rows",
                   separable(d, same(2), blur(d[3], taps, Boundary::reflect), same(4)), false);
  measure_operator(table, stream, arrays, "blur of 7 columns",
                   separable(d, same(2), same(3), blur(d[4], taps, Boundary::reflect)), false);
}

}  // namespace

void measure(const std::string& size, std::ostream& out) {
  const Stream stream;
  for (const Video& video : videos(size)) {
    MeasurementTable table(stream, text(video.name, " ", to_string(video.shape), " float32"), out);
    const Arrays arrays(stream, element_count(video.shape));
    {
      const Buffer<float> from = arrays.next(), to = arrays.next();
      table.add("copy", 2 * double(from.bytes()),
                [&] { stream.copy(to.data(), from.data(), from.bytes()); });
    }
    measure_transfers(table, stream, arrays);
    measure_tv(table, stream, video, arrays);
    measure_loop(table, stream, video.shape, "no data", nullptr, 0);
    measure_jpeg(table, stream, video, arrays);
    measure_operators(table, stream, video, arrays);
  }
  measure_fused(stream, size, out);
}

}  // namespace lvtino::device
