#include "lvtino/device/spec_laws.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/device/comparison.hpp"
#include "lvtino/device/joint_on_device.hpp"
#include "lvtino/device/jpeg_projection.hpp"
#include "lvtino/device/separable.hpp"
#include "operators/jpeg_transform.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/interval_term.hpp"
#include "solvers/joint_prox.hpp"

namespace lvtino::device {
namespace {

class SpecLaws {
 public:
  SpecLaws(std::shared_ptr<const DataTerm> term, const JointProx& joint, double gamma,
           const Rng& rng)
      : term_(std::move(term)), joint_(joint), gamma_(gamma), rng_(rng) {}

  template <class T>
  std::vector<LawReport> run(const LinearOperator& a) {
    const Placement placement{kDtype<T>, at::kCPU};
    v_ = rng_.fork("video").normal(a.domain(), placement);
    if (const auto* s = dynamic_cast<const SeparableOperator*>(&a)) products<T>(*s);
    if (const auto* data = dynamic_cast<const DataProx*>(term_.get())) data_prox<T>(*data);
    if (const auto* intervals = dynamic_cast<const IntervalTerm*>(term_.get()))
      projection<T>(*intervals);
    joint_prox<T>();
    return out_;
  }

 private:
  template <class T>
  void add(const std::string& what, const Tensor& device, const Tensor& host) {
    Comparison comparison(what + " on the device,", kDtype<T>);
    comparison.add(device, host, to_string(shape_of(host)));
    out_.push_back(comparison.report());
  }

  template <class T>
  void products(const SeparableOperator& a) {
    const Separable<T> device(stream_, a);
    const Tensor y = rng_.fork("data").normal(a.range(), a.placement());
    const Buffer<T> x = on_device<T>(stream_, v_), of_y = on_device<T>(stream_, y),
                    result(of_y.count());
    device.apply(stream_, x.data(), result.data());
    add<T>(a.name() + ": A x", on_host(stream_, result, a.range()), a.apply(v_));
    device.adjoint_add(stream_, nullptr, T(1), of_y.data(), x.data());
    add<T>(a.name() + ": A'y", on_host(stream_, x, a.domain()), a.adjoint(y));
  }

  template <class T>
  void data_prox(const DataProx& data) {
    if (!dynamic_cast<const SeparableOperator*>(data.measurement().op.get())) return;
    if (!data.exact() || data.factors()->side() != GramFactors::Side::range) return;
    const DataProxOnDevice<T> prox(stream_, data.measurement());
    const Buffer<T> x = on_device<T>(stream_, v_);
    prox.solve_in_place(stream_, x.data(), gamma_);
    add<T>("data prox", on_host(stream_, x, data.domain()), data.solve(v_, gamma_).x);
  }

  template <class T>
  void projection(const IntervalTerm& term) {
    const Intervals& set = term.projector().intervals();
    const auto* const jpeg = dynamic_cast<const JpegTransform*>(set.op.get());
    if (!jpeg || !jpeg->layout().invertible()) return;
    const Buffer<T> x = on_device<T>(stream_, v_),
                    lower = on_device<T>(stream_, set.lower.contiguous()),
                    upper = on_device<T>(stream_, set.upper.contiguous());
    const Shape& d = set.op->domain();
    jpeg_project<T>(stream_, {d[0], d[2], d[3], d[4]}, jpeg->layout(), lower.data(), upper.data(),
                    x.data(), x.data());
    add<T>("JPEG projection", on_host(stream_, x, d), term.projector().project(v_).summary.x);
  }

  // A few iterations and certificates of it, of both sides.
  template <class T>
  void joint_prox() {
    JointProxOptions options = joint_.options();
    options.max_iterations = options.min_iterations = 10;
    const JointProx device(term_, joint_.variation(), options);
    if (!options.device || joint_.variation().squared_norm(shape_of(v_)) == 0 ||
        !device.refusal().empty())
      return;
    options.device = nullptr;
    const JointSolution there = device.solve_from(v_, gamma_),
                        here = JointProx(term_, joint_.variation(), options).solve_from(v_, gamma_);
    add<T>("joint prox", there.summary.x, here.summary.x);
    Comparison bounds("joint prox, its certificate, on the device,", kDtype<T>);
    bounds.add(there.primal, here.primal, "primal");
    bounds.add(there.lower, here.lower, "lower");
    out_.push_back(bounds.report());
  }

  std::shared_ptr<const DataTerm> term_;
  const JointProx& joint_;
  double gamma_;
  Rng rng_;
  Stream stream_;
  Tensor v_;
  std::vector<LawReport> out_;
};

}  // namespace

std::vector<LawReport> spec_laws(const LinearOperator& a, std::shared_ptr<const DataTerm> term,
                                 const JointProx& joint, double gamma, const Rng& rng) {
  const std::string reason = problem();
  if (!reason.empty()) throw NotSupportedError(text("device cuda: ", reason));
  SpecLaws laws(std::move(term), joint, gamma, rng);
  return a.placement().dtype == at::kFloat ? laws.run<float>(a) : laws.run<double>(a);
}

}  // namespace lvtino::device
