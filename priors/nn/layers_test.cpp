#include "priors/nn/layers.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(layers)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const Placement kDouble{at::kDouble};

double largest(const Tensor& x) { return x.abs().max().item<double>(); }

}  // namespace

BOOST_AUTO_TEST_CASE(rms_norm_is_its_formula_and_rounds_before_the_gain) {
  RandomWeights random(Rng(1), kDouble);
  const RmsNorm norm(Weights{random}["n"], 6, 1e-6);
  const Tensor x = Rng(2).normal({3, 6}, kDouble), y = norm(x);
  const Tensor gain = RandomWeights(Rng(1), kDouble).take("n.weight", {6});
  for (std::int64_t i = 0; i < 3; ++i) {
    double squares = 0;
    for (std::int64_t j = 0; j < 6; ++j) squares += std::pow(x[i][j].item<double>(), 2);
    BOOST_CHECK_SMALL(largest(y[i] - x[i] / std::sqrt(squares / 6 + 1e-6) * gain), 1e-14);
  }

  const FastPath plain(false);  // kernels round once, at the end
  RandomWeights half(Rng(1), {at::kBFloat16});
  const RmsNorm rounded(Weights{half}["n"], 6, 1e-6);
  const Tensor z = x.to(at::kBFloat16);
  const Tensor exact =
      z.to(at::kFloat) * at::rsqrt(z.to(at::kFloat).square().mean(-1, true) + 1e-6);
  BOOST_CHECK(at::equal(rounded(z), exact.to(at::kBFloat16) * gain.to(at::kBFloat16)));
}

BOOST_AUTO_TEST_CASE(layer_norm_has_mean_zero_and_variance_one) {
  const Tensor y = nn::layer_norm(Rng(3).normal({5, 40}, kDouble) * 3 + 2, 1e-12);
  BOOST_CHECK_SMALL(largest(y.mean(-1)), 1e-12);
  BOOST_CHECK_SMALL(largest(y.square().mean(-1) - 1), 1e-10);
}

BOOST_AUTO_TEST_CASE(attention_is_a_weighted_mean_of_values) {
  const Tensor q = Rng(4).normal({1, 2, 3, 4}, kDouble), k = Rng(5).normal({1, 2, 5, 4}, kDouble),
               v = Rng(6).normal({1, 2, 5, 4}, kDouble), bias = Rng(7).normal({2, 3, 5}, kDouble);
  const Tensor scores = at::matmul(q, k.transpose(-1, -2)) * 0.3 + bias;
  const Tensor expected = at::matmul(at::softmax(scores, -1), v);
  BOOST_CHECK_SMALL(largest(attention(q, k, v, 0.3, bias) - expected), 1e-14);
  const Tensor plain = at::matmul(at::softmax(at::matmul(q, k.transpose(-1, -2)) / 2, -1), v);
  BOOST_CHECK_SMALL(largest(attention(q, k, v) - plain), 1e-14);
}

BOOST_AUTO_TEST_CASE(attention_in_parts_is_attention) {
  const Tensor q = Rng(4).normal({2, 1, 7, 4}, kDouble), k = Rng(5).normal({2, 1, 5, 4}, kDouble),
               v = Rng(6).normal({2, 1, 5, 3}, kDouble), whole = attention(q, k, v);
  // A query has 10 scores.
  for (const std::int64_t most : {1, 10, 35, 69, 70, 1000})
    BOOST_CHECK_SMALL(largest(attention_in_parts(q, k, v, most) - whole), 1e-14);
}

BOOST_AUTO_TEST_CASE(blocks_of_queries_give_the_whole) {
  const Tensor q = Rng(1).normal({2, 3, 11, 4}, kDouble), k = Rng(2).normal({2, 3, 7, 4}, kDouble),
               v = Rng(3).normal({2, 3, 7, 5}, kDouble);
  const Tensor whole = at::matmul(at::softmax(at::matmul(q, k.transpose(-1, -2)) / 2, -1), v);
  for (const std::int64_t scores : {1, 2 * 3 * 7, 2 * 3 * 7 * 4, 1 << 20}) {
    const Tensor found = attention_in_parts(q, k, v, scores);
    BOOST_TEST(found.sizes() == whole.sizes());
    BOOST_CHECK_SMALL(largest(found - whole), 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(heads_come_apart_and_together) {
  const Tensor x = Rng(8).normal({2, 5, 12}, kDouble), heads = split_heads(x, 3);
  BOOST_CHECK_EQUAL(heads[1][2][4][0].item<double>(), x[1][4][8].item<double>());
  BOOST_CHECK(at::equal(join_heads(heads), x));
}

BOOST_AUTO_TEST_CASE(sinusoids_have_their_cosines_first) {
  const Tensor s = sinusoid(at::full({1}, 757., at::kDouble), 4);
  for (int i = 0; i < 4; ++i) {
    const double angle = 757 * std::pow(1e4, -i / 4.);
    BOOST_CHECK_SMALL(s[0][i].item<double>() - std::cos(angle), 1e-12);
    BOOST_CHECK_SMALL(s[0][4 + i].item<double>() - std::sin(angle), 1e-12);
  }
}

BOOST_AUTO_TEST_SUITE_END()
