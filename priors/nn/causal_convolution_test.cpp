#include "priors/nn/causal_convolution.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(causal_convolution)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const Placement kDouble{at::kDouble};

constexpr FrameLayout kLayouts[] = {FrameLayout::planes, FrameLayout::volumes,
                                    FrameLayout::windows};

CausalConvolution layer(std::int64_t frames, std::int64_t side,
                        FrameLayout layout = FrameLayout::planes) {
  RandomWeights random(Rng(1), kDouble);
  return CausalConvolution(Weights{random}["c"], 3, 5, frames, side, layout);
}

// libtorch's three-dimensional convolution of the sequence with zeros before it.
Tensor direct(const Tensor& frames, std::int64_t time, std::int64_t side) {
  RandomWeights random(Rng(1), kDouble);
  const Tensor weight = random.take("c.weight", {5, 3, time, side, side});
  const Tensor bias = random.take("c.bias", {5});
  const std::int64_t pad = side / 2;
  const Tensor padded =
      at::constant_pad_nd(frames.transpose(1, 2), {pad, pad, pad, pad, time - 1, 0});
  return at::conv3d(padded, weight, bias).transpose(1, 2);
}

double apart(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() ? (a - b).abs().max().item<double>() : INFINITY;
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_the_three_dimensional_convolution_with_zeros_before) {
  const Tensor x = Rng(2).normal({2, 6, 3, 5, 7}, kDouble);
  for (const std::int64_t time : {1, 3})
    for (const std::int64_t side : {1, 3}) {
      const Tensor expected = direct(x, time, side);
      for (const FrameLayout layout : kLayouts)
        for (const Tensor& frames : {x, with_channels_last(x)}) {
          FrameMemory memory;
          const Tensor found = layer(time, side, layout)(frames, memory);
          BOOST_TEST(apart(found, expected) < 1e-13);
          BOOST_TEST(has_channels_last(found) == (layout != FrameLayout::planes));
        }
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_length_join_to_the_whole) {
  const Tensor x = Rng(3).normal({1, 9, 3, 4, 6}, kDouble), whole = direct(x, 3, 3);
  for (const Shape& lengths : std::vector<Shape>{{9}, {1, 8}, {1, 1, 7}, {4, 5}, {2, 1, 3, 3}})
    for (const FrameLayout layout : kLayouts) {
      const CausalConvolution convolve = layer(3, 3, layout);
      FrameMemory memory;
      std::vector<Tensor> parts;
      std::int64_t first = 0;
      for (const std::int64_t length : lengths) {
        memory.rewind();
        parts.push_back(convolve(x.narrow(1, first, length), memory));
        first += length;
      }
      BOOST_TEST(apart(at::cat(parts, 1), whole) < 1e-13);
      BOOST_TEST(memory.bytes() == 2 * 3 * 4 * 6 * 8);
    }
}

BOOST_AUTO_TEST_CASE(windows_with_a_stride) {
  const Tensor x = Rng(4).normal({2, 7, 3, 4, 4}, kDouble);
  const Tensor all = direct(x, 3, 1);
  for (const FrameLayout layout : kLayouts) {
    const Tensor found = layer(3, 1, layout).within(x, 2);
    BOOST_TEST(found.size(1) == 3);
    for (std::int64_t k = 0; k < 3; ++k)
      BOOST_TEST(apart(found.select(1, k), all.select(1, 2 * k + 2)) < 1e-13);
  }
}

// 3 x 2000 x 3000 elements are more than go at once: the frames are taken one by one.
BOOST_AUTO_TEST_CASE(large_frames_go_one_by_one) {
  RandomWeights random(Rng(1), {});
  const CausalConvolution convolve(Weights{random}["c"], 1, 1, 3, 1);
  const Tensor x = Rng(5).normal({1, 3, 1, 2000, 3000}, {});
  FrameMemory memory, small;
  const Tensor y = convolve(x, memory);
  const Tensor corner = x.narrow(3, 1990, 10).narrow(4, 2990, 10).contiguous();
  BOOST_TEST(apart(y.narrow(3, 1990, 10).narrow(4, 2990, 10), convolve(corner, small)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(wrong_frames_are_told) {
  FrameMemory memory;
  BOOST_CHECK_THROW(layer(3, 3)(at::zeros({1, 4, 2, 4, 4}, at::kDouble), memory), ShapeError);
  BOOST_CHECK_THROW(layer(3, 3).within(at::zeros({1, 2, 3, 4, 4}, at::kDouble)), ShapeError);
  BOOST_CHECK_THROW(layer(3, 3).within(at::zeros({4, 3, 4, 4}, at::kDouble)), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
