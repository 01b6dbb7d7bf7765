#include "solvers/admm.hpp"

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {
namespace {

// (shift + rho K'K)^-1 in the DCT of the axes along which something varies.
class NeumannSystem {
 public:
  NeumannSystem(const TotalVariation& tv, const Tensor& like, double shift, double rho) {
    const double weights[] = {tv.weights().t, tv.weights().v, tv.weights().h};
    const Placement exact = {at::kDouble, at::kCPU};
    Tensor eigenvalues = at::full({1, 1, 1, 1, 1}, shift, exact.options());
    for (std::int64_t axis = 2; axis < 5; ++axis) {
      const std::int64_t n = like.size(axis);
      const double weight = weights[axis - 2];
      if (weight == 0 || n == 1) continue;
      const Tensor matrix = dct_matrix(n, placement_of(like));
      axes_.push_back({axis, matrix, matrix.t().contiguous()});
      Shape shape(5, 1);
      shape[std::size_t(axis)] = n;
      const Tensor k = at::arange(n, exact.options()).mul_(M_PI / double(n)).cos_();
      eigenvalues = eigenvalues + (k.neg_().add_(1) * (2 * rho * weight * weight)).view(shape);
    }
    inverse_ = eigenvalues.reciprocal().to(like.scalar_type());
  }

  Tensor solve(const Tensor& right) const {
    Tensor z = right;
    for (const Axis& axis : axes_) z = axis_product(axis.forward, z, axis.index);
    z = z * inverse_;
    for (const Axis& axis : axes_) z = axis_product(axis.backward, z, axis.index);
    return z;
  }

 private:
  struct Axis {
    std::int64_t index;
    Tensor forward, backward;
  };
  std::vector<Axis> axes_;
  Tensor inverse_;
};

template <class Each>
void each_field(TvDual& a, TvDual& b, const Each& each) {
  for (const auto field : {&TvDual::h, &TvDual::v, &TvDual::t})
    if ((a.*field).defined()) each(a.*field, b.*field);
}

}  // namespace

JointSolution admm(const JointProblem& p, const JointProxOptions& options, TvDual&& start) {
  const auto& [data, tv, u, gamma, box, slices] = p;
  if (box) throw NotSupportedError("admm: expected no box");
  JointSolution out;
  JointMonitor monitor(p, options, out);
  const bool warm = p.adopt(std::move(start), out.dual);
  const double tau = options.step * gamma;
  const double rho = options.penalty > 0 ? options.penalty : 1 / (tau * p.squared_norm());
  const double kappa = !data ? 0 : options.data_penalty > 0 ? options.data_penalty : 1 / tau;
  const double shift = 1 / gamma + kappa;
  const NeumannSystem system(tv, u, shift, rho);
  Tensor x = u.clone();
  if (warm) primal_of_dual(p, out.dual, x);
  Tensor s, d, right = at::empty_like(u);
  if (data) s = x.clone(), d = at::zeros_like(u);
  TvDual reflected = out.dual.clone();
  while (true) {
    each_field(reflected, out.dual, [](Tensor& e, const Tensor& q) { e.copy_(q); });
    tv_dual_step(tv, x, x, 0, rho, out.dual);
    if (monitor.due() && monitor.stop(data ? s : x, right)) break;
    // With z = K x + (q_old - q)/rho the step of x is a correction whose right side has no z:
    // u/gamma + kappa (s - d) - shift x - K'(2 q - q_old).
    each_field(reflected, out.dual, [](Tensor& e, const Tensor& q) { at::lerp_out(e, e, q, 2); });
    tv_primal_step(tv, x, -shift, u, 1 / gamma, 1, reflected, gamma, right);
    if (data) right.add_(s, kappa).sub_(d, kappa);
    x.add_(system.solve(right));
    if (data) {
      at::add_out(s, x, d);
      d.copy_(s);
      data->solve_in_place(s, 1 / kappa);
      d.sub_(s);
    }
    monitor.next();
  }
  monitor.finish(data ? s : x);
  return out;
}

}  // namespace lvtino
