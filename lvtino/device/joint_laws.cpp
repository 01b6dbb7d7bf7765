#include "lvtino/core/error.hpp"
#include "lvtino/device/drawn_operator.hpp"
#include "lvtino/device/joint_on_device.hpp"
#include "lvtino/device/kernel_sets.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"

namespace lvtino::device {
namespace {

// Where both sides went: the same certificates at the same iterations, or nothing of it agrees.
void add_curves(Comparison& into, const JointSolution& device, const JointSolution& host,
                const std::string& name) {
  const bool same = device.curve.size() == host.curve.size() &&
                    device.summary.iterations == host.summary.iterations &&
                    device.summary.why == host.summary.why;
  if (!same) return into.add(double(device.summary.iterations), NAN, name);
  for (std::size_t k = 0; k < host.curve.size(); ++k) {
    const CurvePoint &found = device.curve[k], &expected = host.curve[k];
    into.add(found.iteration, expected.iteration, name);
    into.add(found.primal, expected.primal, name);
    into.add(found.lower, expected.lower, name);
    into.add(1 + found.gap(), 1 + expected.gap(), name);
  }
}

TotalVariation drawn_variation(Extents& draw) {
  const auto weight = [&] { return 0.1 * double(draw.below(4)); };
  const double h = weight(), v = weight(), t = h + v > 0 ? weight() : 0.1;
  return TotalVariation(
      h, v, t,
      draw.below(2) == 0 ? TotalVariation::Kind::isotropic : TotalVariation::Kind::anisotropic);
}

// Whole solves, with data and without, cold and warm, up to a gap or for a number of iterations.
template <class T>
void joint_proxes(int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison x("joint prox", kDtype<T>), field("joint prox, its dual field", kDtype<T>),
      curve("joint prox, its certificates", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto a = drawn_restorable(draw, kDtype<T>);
    const auto data =
        k % 3 == 2
            ? nullptr
            : std::make_shared<DataProx>(Measurement(a, draw.normal(a->range(), kDtype<T>), 0.05));
    const TotalVariation tv = drawn_variation(draw);
    JointProxOptions options{.tolerance = 1e-4, .max_iterations = int(1 + draw.below(16))};
    // A rounded gap may meet a tolerance on one side alone.
    if (sizeof(T) == 4) options.min_iterations = options.max_iterations;
    options.relaxation = draw.below(2) == 0 ? 0 : 0.25 * double(1 + draw.below(7));
    options.check_every = int(draw.below(3) == 0 ? 1 + draw.below(7) : 0);
    options.step = draw.below(3) == 0 ? 0.2 : 0;
    const Tensor u = draw.normal(a->domain(), kDtype<T>);
    const double gamma = 0.1 * double(1 + draw.below(10));
    const JointProx host(data, tv, options);
    options.device =
        std::make_shared<JointOnDevice>(k % 2 == 0 ? Sweep::two_passes : Sweep::one_pass);
    const JointProx device(data, tv, options);
    const std::string name = text(to_string(a->domain()), data ? " with data" : "", ", gamma ",
                                  gamma, ", rho ", options.relaxation);
    if (!device.refusal().empty()) throw NotSupportedError(text(name, ": ", device.refusal()));
    JointSolution here = host.solve_from(u, gamma), there = device.solve_from(u, gamma);
    for (const bool warm : {false, true}) {
      const std::string which = name + (warm ? ", warm" : "");
      x.add(there.summary.x, here.summary.x, which);
      // Its rounding is that of x times the dual step, which is large: of float64 alone.
      for (const auto part : {&TvDual::h, &TvDual::v, &TvDual::t})
        if (sizeof(T) == 8 && (here.dual.*part).defined())
          field.add(there.dual.*part, here.dual.*part, which);
      add_curves(curve, there, here, which);
      if (warm) break;
      TvDual start = here.dual.clone();
      here = host.solve_from(u + 0.1, gamma, std::move(here.dual));
      there = device.solve_from(u + 0.1, gamma, std::move(start));
    }
  }
  out.push_back(x.report());
  out.push_back(curve.report());
  if (sizeof(T) == 8) out.push_back(field.report());
}

}  // namespace

void add_joint_laws(int shapes, const Rng& rng, std::vector<LawReport>& out) {
  joint_proxes<float>(shapes, Extents(rng.fork("prox")), out);
  joint_proxes<double>(shapes, Extents(rng.fork("prox")), out);
}

}  // namespace lvtino::device
