#include "solvers/dual_fista.hpp"

#include <cmath>
#include <utility>

#include "solvers/joint_certificate.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {
namespace {

template <class Each>
void each_field(TvDual& a, TvDual& b, const Each& each) {
  for (const auto field : {&TvDual::h, &TvDual::v, &TvDual::t, &TvDual::box})
    if ((a.*field).defined()) each(a.*field, b.*field);
}

}  // namespace

JointSolution dual_fista(const JointProblem& p, const JointProxOptions& options, TvDual&& start) {
  const auto& [data, tv, u, gamma, box, slices] = p;
  JointSolution out;
  JointMonitor monitor(p, options, out);
  p.adopt(std::move(start), out.dual);
  TvDual extrapolated = out.dual.clone();
  const double squared_norm = p.squared_norm();
  const double share = box && squared_norm > 0 ? 0.5 : 1;
  Tensor x = at::empty_like(u), scratch = at::empty_like(u);
  double t = 1, best = -INFINITY;
  while (true) {
    if (monitor.due()) {
      primal_of_dual(p, out.dual, x);
      if (monitor.stop(x, scratch)) break;
      if (options.restart && out.lower < best) {
        t = 1;
        each_field(extrapolated, out.dual, [](Tensor& e, const Tensor& q) { e.copy_(q); });
      }
      best = out.lower;
    }
    primal_of_dual(p, extrapolated, x);
    if (squared_norm > 0) tv_dual_step(tv, x, x, 0, share / (gamma * squared_norm), extrapolated);
    if (box) box->dual_step(x, x, 0, share / gamma, 1, extrapolated.box);
    const double next = (1 + std::sqrt(1 + 4 * t * t)) / 2, momentum = (t - 1) / next;
    // `extrapolated` holds the new field; the old one becomes the extrapolated one in place.
    each_field(out.dual, extrapolated,
               [&](Tensor& q, const Tensor& e) { at::lerp_out(q, e, q, -momentum); });
    std::swap(out.dual, extrapolated);
    t = next;
    monitor.next();
  }
  monitor.finish(x);
  return out;
}

}  // namespace lvtino
