#include "lvtino/device/joint_on_device.hpp"

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "solvers/chambolle_pock.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_certificate.hpp"

namespace lvtino::device {
namespace {

// The problem was not refused: data are those of a linear Gaussian measurement with exact factors.
template <class T>
std::unique_ptr<DataProxOnDevice<T>> data_on_device(const Stream& stream, const DataTerm* term) {
  if (!term) return nullptr;
  const auto& data = dynamic_cast<const DataProx&>(*term);
  return std::make_unique<DataProxOnDevice<T>>(
      stream, data.measurement(), dynamic_cast<const SeparableFactors&>(*data.factors()));
}

template <class T>
TvFields<const T> fields_of(const TvDual& q) {
  const TvFields<T> fields = tv_fields<T>(q);
  return {fields.h, fields.v, fields.t};
}

template <class T>
JointSolution solved(const JointProblem& p, const JointProxOptions& options, TvDual&& start,
                     Sweep sweep) {
  JointSolution out;
  JointMonitor monitor(p, options, out);
  const bool warm = p.take(std::move(start), out.dual);
  const Stream stream;
  const auto data = data_on_device<T>(stream, p.data);
  PrimalDualLoop<T> loop(stream, tv_shape(p.u), p.tv.weights(), p.u.const_data_ptr<T>(), p.gamma,
                         data.get(), sweep);
  const double tau =
      options.step > 0 ? options.step * p.gamma : chosen_step(p, options.rule, loop.variation());
  const PrimalDualSteps steps{tau, 1 / (tau * p.squared_norm()), relaxation_of(options)};
  if (warm) {
    loop.begin_at(steps, fields_of<T>(out.dual));
  } else {
    loop.begin(steps);
    monitor.next();
  }
  for (;; monitor.next()) {
    if (!monitor.due()) {
      loop.iterate();
      continue;
    }
    loop.dual_step();
    loop.wait();  // for what comes before the certificate, which has a clock of its own
    const bool ends = monitor.stop([&] {
      const PrimalDualBound found = loop.bound();
      return CurvePoint{.primal = found.primal, .lower = found.lower};
    });
    if (ends) break;
    loop.primal_step();
  }
  const Tensor x = at::empty_like(p.u);
  if (!options.keep_dual)
    out.dual = {};
  else if (!warm)
    out.dual = TvDual::unset(p.tv, p.u);
  loop.download(x.mutable_data_ptr<T>(), tv_fields<T>(out.dual));
  monitor.finish(x);
  return out;
}

std::string refusal_of_rows(const SeparableOperator& a) {
  const bool exact = a.placement().dtype == at::kDouble;
  const std::int64_t most = exact ? kLongestRow<double> : kLongestRow<float>;
  const std::int64_t longest = std::max(a.width().columns(), a.width().rows());
  if (a.width().is_identity() || longest <= most) return "";
  return text("its kernels take rows of up to ", most, " numbers, ", a.name(), " has ", longest);
}

}  // namespace

std::string JointOnDevice::refusal(const LinearOperator* a, const JointProxOptions& o) const {
  if (o.method != JointMethod::chambolle_pock)
    return text("its kernels are for the method chambolle_pock, got ", to_string(o.method));
  if (o.rule != StepRule::plain) return "its kernels are for the rule plain, got accelerated";
  if (o.box) return "its kernels know no box";
  if (o.by_slice) return "channel by channel (solver.memory_budget) is the CPU's way";
  if (!a) return "";
  const auto* const separable = dynamic_cast<const SeparableOperator*>(a);
  if (!separable)
    return text("its kernels are for separable operators, which ", a->name(), " is not");
  if (element_count(a->range()) > element_count(a->domain()))
    return text("its data prox is for operators with no more data than unknowns, ", a->name(),
                " gives ", element_count(a->range()), " of ", element_count(a->domain()));
  return refusal_of_rows(*separable);
}

std::int64_t JointOnDevice::bytes(const Shape& domain, const Placement& placement,
                                  const TotalVariation& tv, const LinearOperator* a) const {
  const bool exact = placement.dtype == at::kDouble;
  const TvShape shape{domain[0] * domain[1], domain[2], domain[3], domain[4]};
  const std::int64_t loop = exact ? PrimalDualLoop<double>::bytes(shape, tv.weights(), sweep_)
                                  : PrimalDualLoop<float>::bytes(shape, tv.weights(), sweep_);
  if (!a) return loop;
  const auto& separable = dynamic_cast<const SeparableOperator&>(*a);
  return loop + (exact ? DataProxOnDevice<double>::bytes(separable)
                       : DataProxOnDevice<float>::bytes(separable));
}

JointSolution JointOnDevice::solve(const JointProblem& p, const JointProxOptions& options,
                                   TvDual&& start) const {
  const std::string reason = problem();
  if (!reason.empty()) throw NotSupportedError(text("device cuda: ", reason));
  const auto* const data = dynamic_cast<const DataProx*>(p.data);
  const LinearOperator* const a = data ? data->measurement().op.get() : nullptr;
  // libtorch keeps what its networks have used.
  if (free_memory() < bytes(shape_of(p.u), placement_of(p.u), p.tv, a)) release_device_cache();
  return p.u.scalar_type() == at::kFloat ? solved<float>(p, options, std::move(start), sweep_)
                                         : solved<double>(p, options, std::move(start), sweep_);
}

}  // namespace lvtino::device
