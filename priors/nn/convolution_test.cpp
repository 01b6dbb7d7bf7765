#include "priors/nn/convolution.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(convolution)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const Placement kDouble{at::kDouble};

// y[t, o, i, j] = b[o] + sum w[o, c, a, d] x[t + time shift, c, i + a - pad, j + d - pad], zeros
// outside.
Tensor by_hand(const Tensor& x, const Tensor& w, const Tensor& b, bool along_time) {
  Tensor y = at::zeros({x.size(0), w.size(0), x.size(2), x.size(3)}, at::kDouble);
  const auto X = x.accessor<double, 4>(), W = w.accessor<double, 4>();
  auto Y = y.accessor<double, 4>();
  const std::int64_t pad_a = w.size(2) / 2, pad_d = w.size(3) / 2;
  for (std::int64_t t = 0; t < y.size(0); ++t)
    for (std::int64_t o = 0; o < y.size(1); ++o)
      for (std::int64_t i = 0; i < y.size(2); ++i)
        for (std::int64_t j = 0; j < y.size(3); ++j) {
          double sum = b[o].item<double>();
          for (std::int64_t c = 0; c < x.size(1); ++c)
            for (std::int64_t a = 0; a < w.size(2); ++a)
              for (std::int64_t d = 0; d < w.size(3); ++d) {
                const std::int64_t s = along_time ? t + a - pad_a : t,
                                   r = along_time ? i : i + a - pad_a, q = j + d - pad_d;
                if (s >= 0 && s < x.size(0) && r >= 0 && r < x.size(2) && q >= 0 && q < x.size(3))
                  sum += W[o][c][a][d] * X[s][c][r][q];
              }
          Y[t][o][i][j] = sum;
        }
  return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(frames_and_time_against_loops) {
  const Rng rng(3);
  const Tensor x = rng.fork("x").normal({4, 3, 5, 6}, kDouble),
               b = rng.fork("b").normal({2}, kDouble);
  const Tensor w = rng.fork("w").normal({2, 3, 3, 3}, kDouble),
               wt = rng.fork("wt").normal({2, 3, 3, 1}, kDouble);
  BOOST_TEST(at::allclose(frame_convolution(x, w, b), by_hand(x, w, b, false), 1e-12, 1e-12));
  BOOST_TEST(at::allclose(time_convolution(x, wt, b), by_hand(x, wt, b, true), 1e-12, 1e-12));
  // A shift by one frame is seen.
  BOOST_TEST(
      !at::allclose(time_convolution(x, wt.flip({2}), b), by_hand(x, wt, b, true), 1e-2, 1e-2));
}

BOOST_AUTO_TEST_CASE(time_convolution_joins_no_pixels) {
  Tensor x = at::zeros({5, 1, 4, 4}, at::kDouble);
  x[2][0][1][3] = 1;
  const Tensor y = time_convolution(x, at::tensor({1.0, 2.0, 4.0}).view({1, 1, 3, 1}),
                                    at::zeros({1}, at::kDouble));
  BOOST_TEST(y.sum().item<double>() == 7);
  for (int k = 0; k < 3; ++k) BOOST_TEST(y[3 - k][0][1][3].item<double>() == double(1 << k));
}

BOOST_AUTO_TEST_CASE(halving_takes_blocks) {
  const Tensor x = at::arange(16, at::kDouble).view({1, 1, 4, 4});
  const Tensor y =
      halving_convolution(x, at::ones({1, 1, 2, 2}, at::kDouble), at::zeros({1}, at::kDouble));
  BOOST_TEST(at::equal(y, at::tensor({10.0, 18.0, 42.0, 50.0}).view({1, 1, 2, 2})));
  BOOST_CHECK_THROW(halving_convolution(x.narrow(2, 0, 3), at::ones({1, 1, 2, 2}, at::kDouble),
                                        at::zeros({1}, at::kDouble)),
                    ShapeError);
}

BOOST_AUTO_TEST_CASE(pixels_to_channels_and_back) {
  const Tensor x = Rng(4).normal({2, 3, 4, 6}, kDouble);
  const Tensor z = space_to_depth2(x);
  BOOST_TEST(at::equal(depth_to_space2(z), x));
  BOOST_TEST(z[1][4 * 2 + 2 * 1 + 0][0][2].item<double>() == x[1][2][1][4].item<double>());
  BOOST_TEST(at::equal(double_size(x).slice(2, 1, 8, 2).slice(3, 0, 12, 2), x));
}

BOOST_AUTO_TEST_CASE(mixed_precision_follows_the_features) {
  const Tensor x = Rng(5).normal({3, 4, 8, 8}, {}).to(at::kBFloat16);
  const Tensor w = Rng(6).normal({4, 4, 3, 3}, {}).mul(0.2), b = at::zeros({4});
  const Tensor y = frame_convolution(x, w, b);
  BOOST_TEST(y.scalar_type() == at::kBFloat16);
  const Tensor reference = frame_convolution(x.to(at::kFloat), w, b);
  BOOST_TEST((y.to(at::kFloat) - reference).abs().max().item<float>() <
             0.02 * reference.abs().max().item<float>());
}

BOOST_AUTO_TEST_CASE(wrong_shapes_are_told) {
  const Tensor x = at::zeros({2, 3, 4, 4});
  BOOST_CHECK_THROW(frame_convolution(x, at::zeros({2, 4, 3, 3}), at::zeros({2})), ShapeError);
  BOOST_CHECK_THROW(time_convolution(x[0], at::zeros({2, 3, 3, 1}), at::zeros({2})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
