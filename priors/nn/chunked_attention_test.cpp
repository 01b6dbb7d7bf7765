#include "priors/nn/chunked_attention.hpp"

#include <boost/test/unit_test.hpp>

#include "priors/nn/layers.hpp"

BOOST_AUTO_TEST_SUITE(chunked_attention)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(blocks_of_queries_give_the_whole) {
  const Placement exact{at::kDouble};
  const Tensor q = Rng(1).normal({2, 3, 11, 4}, exact), k = Rng(2).normal({2, 3, 7, 4}, exact),
               v = Rng(3).normal({2, 3, 7, 5}, exact);
  const Tensor whole = at::matmul(at::softmax(at::matmul(q, k.transpose(-1, -2)) / 2, -1), v);
  for (const std::int64_t scores : {1, 2 * 3 * 7, 2 * 3 * 7 * 4, 1 << 20}) {
    const Tensor found = nn::chunked_attention(q, k, v, scores);
    BOOST_TEST(found.sizes() == whole.sizes());
    BOOST_TEST((found - whole).abs().max().item<double>() < 1e-14);
  }
}

BOOST_AUTO_TEST_SUITE_END()
