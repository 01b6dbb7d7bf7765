#include "priors/video_wavelet.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(video_wavelet)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

}  // namespace

RC_BOOST_PROP(orthonormal_on_any_shape_and_shift, ()) {
  const Shape shape = {*rc::gen::inRange(1, 3), *rc::gen::inRange(1, 3), *rc::gen::inRange(1, 8),
                       *rc::gen::inRange(1, 20), *rc::gen::inRange(1, 20)};
  const WaveletGrid grid{*rc::gen::element(WaveletKind::haar, WaveletKind::daubechies4),
                         *rc::gen::inRange(0, 4), *rc::gen::inRange(0, 5)};
  const VideoWavelet wavelet(
      grid, shape,
      {*rc::gen::inRange(0, 1 << grid.time_levels), *rc::gen::inRange(0, 1 << grid.space_levels),
       *rc::gen::inRange(0, 1 << grid.space_levels)});
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Tensor x = rng.fork("x").normal(shape, kExact), y = rng.fork("y").normal(shape, kExact);
  const Tensor cx = x.clone(), cy = y.clone();
  wavelet.analyse(cx), wavelet.analyse(cy);
  RC_ASSERT(std::abs(inner_product(cx, cy) - inner_product(x, y)) <
            1e-12 * l2_norm(x) * l2_norm(y));
  wavelet.synthesise(cx);
  RC_ASSERT(difference(cx, x) < 1e-13);
  // Every coefficient is in one box.
  const Tensor seen = at::zeros({shape[2], shape[3], shape[4]});
  for (const BandBox& box : wavelet.boxes())
    seen.narrow(0, box.begin[0], box.extent[0])
        .narrow(1, box.begin[1], box.extent[1])
        .narrow(2, box.begin[2], box.extent[2])
        .add_(1);
  RC_ASSERT(at::equal(seen, at::ones_like(seen)));
}

BOOST_AUTO_TEST_CASE(constants_are_approximations) {
  for (const auto kind : {WaveletKind::haar, WaveletKind::daubechies4}) {
    const Shape shape = {1, 1, 7, 21, 30};
    const VideoWavelet wavelet({kind, 2, 3}, shape, {1, 5, 6});
    const Tensor x = at::full(shape, 0.3, at::kDouble);
    wavelet.analyse(x);
    for (const BandBox& box : wavelet.boxes())
      if (!(box.key == BandKey{}))
        BOOST_TEST(difference(x.narrow(2, box.begin[0], box.extent[0])
                                  .narrow(3, box.begin[1], box.extent[1])
                                  .narrow(4, box.begin[2], box.extent[2]),
                              at::zeros({1}, at::kDouble)) < 1e-12);
  }
}

// Variances by their definition, from a dense covariance.
BOOST_AUTO_TEST_CASE(band_variances_against_dense_matrices) {
  const std::int64_t frames = 3, height = 4, width = 6, n = frames * height * width;
  const WaveletGrid grid{WaveletKind::daubechies4, 1, 2};
  const PowerLaw law = natural_video();
  const Tensor dct = at::kron(at::kron(dct_matrix(frames, kExact), dct_matrix(height, kExact)),
                              dct_matrix(width, kExact));
  const Tensor covariance =
      at::matmul(dct.t() * law.variance(frames, height, width).view({1, n}), dct);
  const Shape shape = {n, 1, frames, height, width};
  const VideoWavelet wavelet(grid, shape);
  const Tensor basis = at::eye(n, at::kDouble).view(shape).contiguous();
  wavelet.synthesise(basis);
  const Tensor rows = basis.view({n, n});
  const Tensor variance = at::matmul(at::matmul(rows, covariance), rows.t())
                              .diagonal()
                              .reshape({frames, height, width});
  for (const auto& [key, found] : band_variances(grid, law, frames, height, width)) {
    std::vector<double> means;
    for (const BandBox& box : wavelet.boxes())
      if (box.key == key)
        means.push_back(variance.narrow(0, box.begin[0], box.extent[0])
                            .narrow(1, box.begin[1], box.extent[1])
                            .narrow(2, box.begin[2], box.extent[2])
                            .mean()
                            .item<double>());
    BOOST_REQUIRE(!means.empty());
    double mean = 0;
    for (const double value : means) mean += value / double(means.size());
    // The dense products lose the ratio of the largest variance to the least.
    BOOST_TEST(std::abs(found / mean - 1) < 1e-8);
  }
}

BOOST_AUTO_TEST_CASE(threads_and_float32) {
  const Shape shape = {1, 2, 5, 37, 50};
  const VideoWavelet wavelet({WaveletKind::daubechies4, 2, 4}, shape, {3, 2, 9});
  const Tensor x = Rng(1).normal(shape, {}), one = x.clone(), two = x.clone(),
               exact = x.to(at::kDouble);
  const int before = thread_count();
  set_thread_count(1), wavelet.analyse(one);
  set_thread_count(2), wavelet.analyse(two);
  set_thread_count(before);
  BOOST_TEST(at::equal(one, two));
  wavelet.analyse(exact);
  BOOST_TEST(difference(one, exact) < 1e-5);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(VideoWavelet({WaveletKind::haar, 1, 1}, {1, 1, 4, 4, 4}, {2, 0, 0}),
                    ShapeError);
  const VideoWavelet wavelet({WaveletKind::haar, 1, 1}, {1, 1, 4, 4, 4});
  BOOST_CHECK_THROW(wavelet.analyse(at::zeros({1, 1, 4, 4, 5})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
