#include "operators/jpeg_transform.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(jpeg_transform)

using namespace lvtino;

namespace {

JpegTransform transform(const Shape& d, const std::string& sampling,
                        const Placement& p = dense::kExact) {
  return JpegTransform(d, p, JpegLayout(d[3], d[4], JpegColor::ycc, jpeg_factors(sampling)));
}

double adjoint_error(const JpegTransform& j, const Tensor& x, const Tensor& y, const Tensor& jt_y) {
  const Tensor jx = j.apply(x);
  return std::abs(inner_product(jx, y) - inner_product(x, jt_y)) /
         (l2_norm(jx) * l2_norm(y) + l2_norm(x) * l2_norm(jt_y));
}

}  // namespace

BOOST_AUTO_TEST_CASE(geometry_by_hand) {
  const JpegLayout full(16, 24, JpegColor::ycc, jpeg_factors("444"));
  BOOST_TEST(full.values == 3 * 16 * 24);
  BOOST_TEST(full.invertible());
  // 17 x 20 in 4:2:0: 3 x 3 blocks of luminance, chroma 9 x 10 in 2 x 2 blocks.
  const JpegLayout half(17, 20, JpegColor::ycc, jpeg_factors("420"));
  BOOST_TEST(!half.invertible());
  BOOST_TEST(half.components[0].block_rows == 3);
  BOOST_TEST(half.components[0].block_columns == 3);
  BOOST_TEST(half.components[1].block_rows == 2);
  BOOST_TEST(half.components[1].block_columns == 2);
  BOOST_TEST(half.unit_rows == 2);
  BOOST_TEST(half.values == 64 * (9 + 4 + 4));
  BOOST_TEST(half.components[2].begin == 64 * 13);
}

BOOST_AUTO_TEST_CASE(colors_by_hand) {
  const JpegLayout layout(8, 8, JpegColor::ycc, jpeg_factors("444"));
  // JFIF: Cb = -.168736 R - .331264 G + .5 B, Cr = .5 R - .418688 G - .081312 B.
  BOOST_TEST(std::abs(layout.components[1].row[0] + 0.168736) < 1e-6);
  BOOST_TEST(std::abs(layout.components[1].row[1] + 0.331264) < 1e-6);
  BOOST_TEST(std::abs(layout.components[2].row[1] + 0.418688) < 1e-6);
  BOOST_TEST(std::abs(layout.components[2].row[2] + 0.081312) < 1e-6);
  for (const JpegColor color : {JpegColor::ycc, JpegColor::rgb}) {
    const JpegLayout l(8, 8, color, jpeg_factors("444"));
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < 3; ++k) sum += l.components[i].row[k] * l.components[j].column[k];
        BOOST_TEST(std::abs(sum - double(i == j)) < 1e-14);
      }
  }
}

// A colour that is constant has a DC of eight times its components and nothing else, padded or not.
BOOST_AUTO_TEST_CASE(constant_colors) {
  for (const char* sampling : {"444", "422", "420"}) {
    const JpegTransform j = transform({1, 3, 1, 11, 19}, sampling);
    Tensor x = at::empty({1, 3, 1, 11, 19}, at::kDouble);
    for (int c = 0; c < 3; ++c) x.select(1, c).fill_(0.2 + 0.3 * c);
    const Tensor y = j.apply(x);
    for (const JpegComponent& c : j.layout().components) {
      const Tensor blocks = y.narrow(4, c.begin, c.values()).view({-1, 64});
      const double level = 0.2 * c.row[0] + 0.5 * c.row[1] + 0.8 * c.row[2];
      BOOST_TEST(dense::difference(blocks.select(1, 0), at::full({blocks.size(0)}, 8 * level, at::kDouble)) < 1e-13);
      BOOST_TEST(blocks.narrow(1, 1, 63).abs().max().item<double>() < 1e-13);
    }
  }
}

// A green block against the 2-D DCT by matrix products.
BOOST_AUTO_TEST_CASE(block_transform) {
  const JpegTransform j = transform({1, 3, 1, 8, 8}, "444");
  const Tensor block = Rng(1).uniform({8, 8}, dense::kExact);
  Tensor x = at::zeros({1, 3, 1, 8, 8}, at::kDouble);
  x[0][1][0].copy_(block);
  const Tensor d = dct_matrix(8, dense::kExact);
  const Tensor expected = d.matmul(block).matmul(d.t()) * 0.587;
  BOOST_TEST(dense::difference(j.apply(x).narrow(4, 0, 64).view({8, 8}), expected) < 1e-14);
}

// libjpeg pads columns before it averages, and rows after: a last odd row counts twice.
BOOST_AUTO_TEST_CASE(padding_by_hand) {
  const JpegTransform j = transform({1, 3, 1, 3, 3}, "420");
  Tensor x = at::zeros({1, 3, 1, 3, 3}, at::kDouble);
  x[0][2][0][2][2] = 4;  // blue, in the corner
  const JpegComponent& cb = j.layout().components[1];
  const Tensor d = dct_matrix(8, dense::kExact);
  const Tensor samples =
      d.t().matmul(j.apply(x).narrow(4, cb.begin, 64).view({8, 8})).matmul(d) / 0.5;
  Tensor expected = at::zeros({8, 8}, at::kDouble);
  expected.narrow(0, 1, 7).narrow(1, 1, 7).fill_(4);
  BOOST_TEST(dense::difference(samples, expected) < 1e-13);
  x.zero_();
  x[0][2][0][0][1] = 4;  // one of four pixels of the first sample
  const Tensor first = d.t().matmul(j.apply(x).narrow(4, cb.begin, 64).view({8, 8})).matmul(d) / 0.5;
  BOOST_TEST(std::abs(first[0][0].item<double>() - 1) < 1e-13);
}

BOOST_AUTO_TEST_CASE(adjoint_of_every_sampling_and_edge) {
  const Rng rng(2);
  int draw = 0;
  for (const char* sampling : {"444", "422", "420"})
    for (const Shape& d : {Shape{1, 3, 2, 8, 8}, Shape{2, 3, 1, 16, 16}, Shape{1, 3, 2, 9, 17},
                           Shape{1, 3, 1, 1, 1}, Shape{1, 3, 1, 31, 15}}) {
      for (const Placement& p : {dense::kExact, Placement{}}) {
        const JpegTransform j = transform(d, sampling, p);
        const Tensor x = rng.fork("x", ++draw).normal(d, p), y = rng.fork("y", draw).normal(j.range(), p);
        BOOST_TEST(adjoint_error(j, x, y, j.adjoint(y)) < (p.dtype == at::kDouble ? 1e-12 : 1e-5));
      }
    }
}

// A decoder is no adjoint, and the law tells.
BOOST_AUTO_TEST_CASE(planted_wrong_adjoint_is_caught) {
  for (const char* sampling : {"444", "420"}) {
    const Shape d = {1, 3, 1, 9, 16};
    const JpegTransform j = transform(d, sampling);
    const Tensor x = Rng(3).normal(d, dense::kExact), y = Rng(4).normal(j.range(), dense::kExact);
    const Tensor decoded = j.decode_add(at::zeros(d, at::kDouble), y);
    BOOST_TEST(adjoint_error(j, x, y, decoded) > 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(decoding_inverts) {
  const Shape d = {1, 3, 2, 16, 8};
  const JpegTransform full = transform(d, "444");
  const Tensor x = Rng(5).normal(d, dense::kExact);
  BOOST_TEST(dense::difference(full.decode_add(at::zeros_like(x), full.apply(x)), x) < 1e-13);
  const JpegTransform half = transform({1, 3, 1, 32, 16}, "420");
  const Tensor c = Rng(6).normal(half.range(), dense::kExact);
  const Tensor decoded = half.decode_add(at::zeros(half.domain(), at::kDouble), c);
  BOOST_TEST(dense::difference(half.apply(decoded), c) < 1e-13);
}

BOOST_AUTO_TEST_CASE(row_norms_against_dense) {
  for (const char* sampling : {"444", "420"}) {
    const JpegTransform j = transform({1, 3, 1, 16, 16}, sampling);
    const dense::Matrix a = dense::matrix_of(j);
    const dense::Vector expected = a.rowwise().squaredNorm();
    BOOST_TEST((dense::vector_of(j.row_norms_squared()) - expected).norm() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(standard_tables_by_hand) {
  BOOST_TEST(jpeg_steps(false, 50)[0] == 16);
  BOOST_TEST(jpeg_steps(true, 50)[0] == 17);
  BOOST_TEST(jpeg_steps(false, 10)[0] == 80);    // 16 * 500 %
  BOOST_TEST(jpeg_steps(false, 10)[63] == 255);  // 99 * 5 is cut
  BOOST_TEST(jpeg_steps(false, 75)[1] == 6);     // (11 * 50 + 50) / 100
  BOOST_TEST(jpeg_steps(true, 100)[7] == 1);
  BOOST_CHECK_THROW(jpeg_steps(false, 0), ShapeError);
  BOOST_CHECK_THROW(jpeg_steps(false, 101), ShapeError);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto layout = [](std::vector<JpegFactors> f) { return JpegLayout(8, 8, JpegColor::ycc, f); };
  BOOST_CHECK_THROW(layout({{1, 1}}), ShapeError);
  BOOST_CHECK_THROW(layout({{3, 1}, {2, 1}, {1, 1}}), ShapeError);
  BOOST_CHECK_THROW(layout({{5, 1}, {1, 1}, {1, 1}}), ShapeError);
  BOOST_CHECK_THROW(jpeg_factors("411"), ShapeError);
  BOOST_CHECK_THROW(JpegTransform({1, 1, 1, 8, 8}, {}, layout({{1, 1}, {1, 1}, {1, 1}})), ShapeError);
  BOOST_CHECK_THROW(JpegTransform({1, 3, 1, 8, 9}, {}, layout({{1, 1}, {1, 1}, {1, 1}})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
