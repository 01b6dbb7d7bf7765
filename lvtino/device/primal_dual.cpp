#include "lvtino/device/primal_dual.hpp"

#include <algorithm>

#include "lvtino/device/sums.hpp"

namespace lvtino::device {
namespace {

// Places of the sums of a certificate.
enum Sum { kVariation, kDistance, kDual, kResidual, kEnvelope, kSums };

std::int64_t voxels(const TvShape& s) { return s.slices * s.frames * s.height * s.width; }

std::int64_t partials(const TvShape& s) { return std::max(2 * tv_partials(s), kMostPartials); }

}  // namespace

template <class T>
PrimalDualLoop<T>::PrimalDualLoop(const Stream& stream, const TvShape& shape,
                                  const TvWeights& weights, const T* u, double gamma,
                                  const DataProxOnDevice<T>* data)
    : stream_(stream),
      shape_(shape),
      weights_(weights),
      gamma_(gamma),
      data_(data),
      u_(stream, u, voxels(shape)),
      x_(u_.count()),
      state_(u_.count()),
      partial_(partials(shape)),
      sums_(kSums) {
  const auto field = [&](double weight) {
    return weight > 0 ? std::make_unique<Buffer<T>>(u_.count()) : nullptr;
  };
  h_ = field(weights.h), v_ = field(weights.v), t_ = field(weights.t);
}

template <class T>
std::int64_t PrimalDualLoop<T>::bytes(const TvShape& shape, const TvWeights& w) {
  const std::int64_t fields = (w.h > 0) + (w.v > 0) + (w.t > 0);
  return (3 + fields) * voxels(shape) * std::int64_t(sizeof(T)) +
         (partials(shape) + kSums) * std::int64_t(sizeof(double));
}

template <class T>
TvFields<T> PrimalDualLoop<T>::q() const {
  const auto data_of = [](const auto& f) { return f ? f->data() : nullptr; };
  return {data_of(h_), data_of(v_), data_of(t_)};
}

template <class T>
double PrimalDualLoop<T>::variation() const {
  tv_value<T>(stream_, shape_, weights_, u_.data(), nullptr, partial_.data(), sums_.data());
  return sums_.host(stream_)[kVariation];
}

template <class T>
void PrimalDualLoop<T>::begin(const PrimalDualSteps& steps) {
  steps_ = steps;
  for (const auto* field : {&h_, &v_, &t_})
    if (*field) stream_.zero((*field)->data(), (*field)->bytes());
  // x and state are u, and need not be there yet.
  tv_dual_step<T>(stream_, shape_, weights_, u_.data(), u_.data(), T(0), T(steps.sigma),
                  T(steps.relaxation), q());
  primal_half(u_.data(), nullptr, 1);
  record();
}

template <class T>
void PrimalDualLoop<T>::begin_at(const PrimalDualSteps& steps, const TvFields<const T>& from) {
  steps_ = steps;
  const auto upload = [&](const std::unique_ptr<Buffer<T>>& to, const T* field) {
    if (to) stream_.upload(to->data(), field, to->bytes());
  };
  upload(h_, from.h), upload(v_, from.v), upload(t_, from.t);
  tv_primal_step<T>(stream_, shape_, weights_, nullptr, T(0), u_.data(), T(1), T(gamma_), q(),
                    x_.data());
  data_step(gamma_);
  stream_.copy(state_.data(), x_.data(), x_.bytes());
  record();
}

// Not before a first data step, which takes memory: that cannot be recorded.
template <class T>
void PrimalDualLoop<T>::record() {
  iteration_ = std::make_unique<Graph>(stream_, [&] {
    tv_dual_step<T>(stream_, shape_, weights_, x_.data(), state_.data(), T(1), T(steps_.sigma),
                    T(steps_.relaxation), q());
    primal_half(x_.data(), state_.data(), steps_.relaxation);
  });
}

// The state relaxed towards x, and the prox from there; without a state it becomes x.
template <class T>
void PrimalDualLoop<T>::primal_half(const T* x, const T* state, double relaxation) const {
  const double merged = 1 / (1 / gamma_ + 1 / steps_.tau);
  tv_relaxed_primal_step<T>(stream_, shape_, weights_, x, state, T(relaxation),
                            T(merged / steps_.tau), u_.data(), T(merged / gamma_), T(merged), q(),
                            x_.data(), state_.data());
  data_step(merged);
}

template <class T>
void PrimalDualLoop<T>::data_step(double gamma) const {
  if (data_) data_->solve_in_place(stream_, x_.data(), gamma);
}

template <class T>
void PrimalDualLoop<T>::iterate() const {
  iteration_->launch(stream_);
}

template <class T>
void PrimalDualLoop<T>::dual_step() const {
  tv_dual_step<T>(stream_, shape_, weights_, x_.data(), state_.data(), T(1), T(steps_.sigma), T(1),
                  q());
}

template <class T>
void PrimalDualLoop<T>::primal_step() const {
  primal_half(x_.data(), nullptr, 1);
}

template <class T>
PrimalDualBound PrimalDualLoop<T>::bound() const {
  double* const sums = sums_.data();
  tv_value<T>(stream_, shape_, weights_, x_.data(), u_.data(), partial_.data(), sums + kVariation);
  // With data also u - gamma K'q, where the envelope is taken.
  tv_primal_step_with_sum<T>(stream_, shape_, weights_, nullptr, T(0), u_.data(), T(1), T(gamma_),
                             q(), gamma_, data_ ? state_.data() : nullptr, partial_.data(),
                             sums + kDual);
  if (data_) {
    data_->squared_residual(stream_, x_.data(), partial_.data(), sums + kResidual);
    data_->envelope(stream_, state_.data(), gamma_, partial_.data(), sums + kEnvelope);
  }
  const std::vector<double> found = sums_.host(stream_);
  PrimalDualBound out{found[kVariation] + found[kDistance] / (2 * gamma_), found[kDual]};
  if (data_) {
    out.primal += found[kResidual] / (2 * data_->squared_sigma());
    out.lower += 0.5 * found[kEnvelope];
  }
  return out;
}

template <class T>
void PrimalDualLoop<T>::download(T* x, const TvFields<T>& to) const {
  stream_.download(x, x_.data(), x_.bytes());
  const auto field = [&](T* host, const std::unique_ptr<Buffer<T>>& from) {
    if (host) stream_.download(host, from->data(), from->bytes());
  };
  field(to.h, h_), field(to.v, v_), field(to.t, t_);
}

template class PrimalDualLoop<float>;
template class PrimalDualLoop<double>;

}  // namespace lvtino::device
