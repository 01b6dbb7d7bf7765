#include "validation/operator_laws.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino {
namespace {

Tensor draw(const Shape& shape, const LinearOperator& a, const Rng& rng, const char* label) {
  return rng.fork(label).normal(shape, a.placement());
}

LawReport report(const LinearOperator& a, const char* law, double residual, double bound) {
  return {.subject = a.name(),
          .law = law,
          .residual = residual,
          .bound = bound,
          .passed = residual <= bound,  // false for not-a-number
          .witness = text("domain ", to_string(a.domain()), ", ", to_string(a.placement()))};
}

LawBounds bounds_of(const LinearOperator& a) { return LawBounds::of(a.placement().dtype); }

double relative_distance(const Tensor& a, const Tensor& b, double scale) {
  return scale > 0 ? std::sqrt(squared_distance(a, b)) / scale : l2_norm(a) + l2_norm(b);
}

bool on_range(const GramFactors& factors) { return factors.side() == GramFactors::Side::range; }

}  // namespace

LawReport linearity(const LinearOperator& a, const Rng& rng) {
  const Tensor x = draw(a.domain(), a, rng, "x"), y = draw(a.domain(), a, rng, "y");
  const Tensor left = a.apply(x * 1.25 - y * 0.75), ax = a.apply(x), ay = a.apply(y);
  const double scale = 1.25 * l2_norm(ax) + 0.75 * l2_norm(ay);
  return report(a, "linearity", relative_distance(left, ax * 1.25 - ay * 0.75, scale),
                bounds_of(a).linearity);
}

LawReport adjointness(const LinearOperator& a, const Rng& rng) {
  const Tensor x = draw(a.domain(), a, rng, "x"), y = draw(a.range(), a, rng, "y");
  const Tensor ax = a.apply(x), aty = a.adjoint(y);
  const double scale = l2_norm(ax) * l2_norm(y) + l2_norm(x) * l2_norm(aty);
  const double difference = std::abs(inner_product(ax, y) - inner_product(x, aty));
  return report(a, "adjoint", scale > 0 ? difference / scale : difference, bounds_of(a).adjoint);
}

LawReport fused_adjoint(const LinearOperator& a, const Rng& rng) {
  const Tensor v = draw(a.domain(), a, rng, "v"), y = draw(a.range(), a, rng, "y");
  const Tensor aty = a.adjoint(y), parts = v + aty * 0.75;
  Tensor in_place = v.clone();
  a.adjoint_add_in_place(in_place, 0.75, y);
  const double scale = l2_norm(v) + l2_norm(aty);
  return report(a, "fused adjoint",
                std::max(relative_distance(a.adjoint_add(v, 0.75, y), parts, scale),
                         relative_distance(in_place, parts, scale)),
                bounds_of(a).linearity);
}

LawReport gram_identity(const LinearOperator& a, const GramFactors& factors, const Rng& rng) {
  const bool range = on_range(factors);
  const Tensor r = draw(range ? a.range() : a.domain(), a, rng, "r");
  const Tensor direct = range ? a.apply(a.adjoint(r)) : a.adjoint(a.apply(r));
  const Tensor spectral = factors.spectral([](double d) { return d; }, r);
  return report(a, "gram factors",
                relative_distance(direct, spectral, factors.largest() * l2_norm(r)),
                bounds_of(a).gram);
}

LawReport norm_bound(const LinearOperator& a, const GramFactors& factors, const Rng& rng) {
  Tensor x = draw(a.domain(), a, rng, "x");
  const double norm = std::sqrt(factors.largest());
  double largest = 0;
  // Close singular values separate slowly: the iteration goes on until it is near enough.
  for (int k = 0; k < 60 || (k < 2000 && largest < 0.995 * norm); ++k) {
    const Tensor next = a.adjoint(a.apply(x));
    const double length = l2_norm(x), stretched = l2_norm(next);
    if (length == 0 || stretched == 0) break;
    largest = std::max(largest, std::sqrt(stretched / length));
    x = next / stretched;
  }
  const double over = norm > 0 ? largest / norm - 1 : largest;
  LawReport out = report(a, "norm", std::max(over, 0.0), bounds_of(a).gram);
  out.passed = out.passed && over > -0.01;
  out.witness += text("; power iteration ", largest, ", factors ", norm);
  return out;
}

std::vector<LawReport> penrose_identities(const LinearOperator& a, const GramFactors& factors,
                                          const Rng& rng, double cutoff) {
  const double d0 = cutoff * cutoff * factors.largest();
  const auto keep = [=](double d) { return d > d0 ? 1.0 : 0.0; };
  const bool range = on_range(factors);
  // A without the singular values that A^+ drops.
  const auto forward = [&](const Tensor& x) {
    return range ? factors.spectral(keep, a.apply(x)) : a.apply(factors.spectral(keep, x));
  };
  const auto inverse = [&](const Tensor& y) { return pseudo_inverse(a, factors, y, cutoff); };
  const Tensor x = draw(a.domain(), a, rng, "x"), x2 = draw(a.domain(), a, rng, "x2");
  const Tensor y = draw(a.range(), a, rng, "y"), y2 = draw(a.range(), a, rng, "y2");
  const Tensor ax = forward(x), iy = inverse(y);
  const double rounding = a.placement().dtype == at::kDouble
                              ? std::numeric_limits<double>::epsilon()
                              : double(std::numeric_limits<float>::epsilon());
  const double bound = std::max(bounds_of(a).penrose, 4 * rounding / (cutoff * cutoff));
  const auto symmetric = [&](const auto& product, const Tensor& p, const Tensor& q) {
    return std::abs(inner_product(product(p), q) - inner_product(p, product(q))) /
           (l2_norm(p) * l2_norm(q));
  };
  const double norm = std::sqrt(factors.largest());
  const Tensor iax = inverse(ax), aiy = forward(iy);
  return {report(a, "Penrose 1: A A+ A = A", relative_distance(forward(iax), ax, norm * l2_norm(x)), bound),
          report(a, "Penrose 2: A+ A A+ = A+", relative_distance(inverse(aiy), iy, l2_norm(iy)), bound),
          report(a, "Penrose 3: A A+ symmetric",
                 symmetric([&](const Tensor& p) { return forward(inverse(p)); }, y, y2), bound),
          report(a, "Penrose 4: A+ A symmetric",
                 symmetric([&](const Tensor& p) { return inverse(forward(p)); }, x, x2), bound)};
}

std::vector<LawReport> operator_laws(const LinearOperator& a, const Rng& rng) {
  std::vector<LawReport> reports = {linearity(a, rng), adjointness(a, rng), fused_adjoint(a, rng)};
  const auto factors = a.gram_factors();
  if (!factors || factors->largest() == 0) return reports;
  reports.push_back(gram_identity(a, *factors, rng));
  reports.push_back(norm_bound(a, *factors, rng));
  const double cutoff = a.placement().dtype == at::kDouble ? 1e-3 : 1e-2;
  for (LawReport& law : penrose_identities(a, *factors, rng, cutoff))
    reports.push_back(std::move(law));
  return reports;
}

}  // namespace lvtino
