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
PrimalDualLoop<T>::Arrays::Arrays(std::int64_t count, const TvWeights& weights)
    : x(count), state(count) {
  const auto field = [&](double weight) {
    return weight > 0 ? std::make_unique<Buffer<T>>(count) : nullptr;
  };
  h = field(weights.h), v = field(weights.v), t = field(weights.t);
}

template <class T>
TvIterate<T> PrimalDualLoop<T>::Arrays::view() const {
  const auto data_of = [](const auto& f) { return f ? f->data() : nullptr; };
  return {x.data(), state.data(), {data_of(h), data_of(v), data_of(t)}};
}

template <class T>
PrimalDualLoop<T>::PrimalDualLoop(const Stream& stream, const TvShape& shape,
                                  const TvWeights& weights, const T* u, double gamma,
                                  const DataProxOnDevice<T>* data, Sweep sweep)
    : stream_(stream),
      shape_(shape),
      weights_(weights),
      gamma_(gamma),
      data_(data),
      u_(stream, u, voxels(shape)),
      partial_(partials(shape)),
      sums_(kSums) {
  arrays_[0] = std::make_unique<Arrays>(u_.count(), weights);
  if (sweep == Sweep::one_pass) arrays_[1] = std::make_unique<Arrays>(u_.count(), weights);
}

template <class T>
std::int64_t PrimalDualLoop<T>::bytes(const TvShape& shape, const TvWeights& w, Sweep sweep) {
  const std::int64_t arrays = 2 + (w.h > 0) + (w.v > 0) + (w.t > 0);
  const std::int64_t videos = 1 + (sweep == Sweep::one_pass ? 2 : 1) * arrays;
  return videos * voxels(shape) * std::int64_t(sizeof(T)) +
         (partials(shape) + kSums) * std::int64_t(sizeof(double));
}

template <class T>
double PrimalDualLoop<T>::variation() const {
  tv_value<T>(stream_, shape_, weights_, u_.data(), nullptr, partial_.data(), sums_.data());
  return sums_.host(stream_)[kVariation];
}

template <class T>
void PrimalDualLoop<T>::begin(const PrimalDualSteps& steps) {
  steps_ = steps;
  const Arrays& first = *arrays_[0];
  for (const auto* field : {&first.h, &first.v, &first.t})
    if (*field) stream_.zero((*field)->data(), (*field)->bytes());
  // x and state are u, and need not be there yet.
  tv_dual_step<T>(stream_, shape_, weights_, u_.data(), u_.data(), T(0), T(steps.sigma),
                  T(steps.relaxation), now().q);
  primal_half(u_.data(), nullptr, 1);
  record();
}

template <class T>
void PrimalDualLoop<T>::begin_at(const PrimalDualSteps& steps, const TvFields<const T>& from) {
  steps_ = steps;
  const Arrays& first = *arrays_[0];
  const auto upload = [&](const std::unique_ptr<Buffer<T>>& to, const T* field) {
    if (to) stream_.upload(to->data(), field, to->bytes());
  };
  upload(first.h, from.h), upload(first.v, from.v), upload(first.t, from.t);
  tv_primal_step<T>(stream_, shape_, weights_, nullptr, T(0), u_.data(), T(1), T(gamma_), now().q,
                    first.x.data());
  data_step(first.x.data(), gamma_);
  stream_.copy(first.state.data(), first.x.data(), first.x.bytes());
  record();
}

// Not before a first data step, which takes memory: that cannot be recorded.
template <class T>
void PrimalDualLoop<T>::record() {
  for (std::size_t k = 0; k < 2; ++k)
    if (arrays_[k])
      iteration_[k] = std::make_unique<Graph>(stream_, [&] {
        whole_step(arrays_[k]->view(), arrays_[arrays_[1] ? 1 - k : k]->view());
      });
}

template <class T>
void PrimalDualLoop<T>::whole_step(const TvIterate<T>& from, const TvIterate<T>& to) const {
  if (!arrays_[1]) {
    tv_dual_step<T>(stream_, shape_, weights_, from.x, from.state, T(1), T(steps_.sigma),
                    T(steps_.relaxation), from.q);
    return primal_half(from.x, from.state, steps_.relaxation);
  }
  tv_primal_dual_step<T>(stream_, shape_, weights_, from, T(1), T(steps_.sigma),
                         T(steps_.relaxation), u_.data(), T(merged() / steps_.tau),
                         T(merged() / gamma_), T(merged()), to);
  data_step(to.x, merged());
}

// The state relaxed towards x, and the prox from there; without a state it becomes x.
template <class T>
void PrimalDualLoop<T>::primal_half(const T* x, const T* state, double relaxation) const {
  const TvIterate<T> to = now();
  tv_relaxed_primal_step<T>(stream_, shape_, weights_, x, state, T(relaxation),
                            T(merged() / steps_.tau), u_.data(), T(merged() / gamma_), T(merged()),
                            to.q, to.x, to.state);
  data_step(to.x, merged());
}

template <class T>
void PrimalDualLoop<T>::data_step(T* x, double gamma) const {
  if (data_) data_->solve_in_place(stream_, x, gamma);
}

template <class T>
void PrimalDualLoop<T>::iterate() {
  iteration_[at_]->launch(stream_);
  if (arrays_[1]) at_ = 1 - at_;
}

template <class T>
void PrimalDualLoop<T>::dual_step() const {
  const TvIterate<T> it = now();
  tv_dual_step<T>(stream_, shape_, weights_, it.x, it.state, T(1), T(steps_.sigma), T(1), it.q);
}

template <class T>
void PrimalDualLoop<T>::primal_step() const {
  primal_half(now().x, nullptr, 1);
}

template <class T>
PrimalDualBound PrimalDualLoop<T>::bound() const {
  const TvIterate<T> it = now();
  double* const sums = sums_.data();
  tv_value<T>(stream_, shape_, weights_, it.x, u_.data(), partial_.data(), sums + kVariation);
  // With data also u - gamma K'q, where the envelope is taken.
  tv_primal_step_with_sum<T>(stream_, shape_, weights_, nullptr, T(0), u_.data(), T(1), T(gamma_),
                             it.q, gamma_, data_ ? it.state : nullptr, partial_.data(),
                             sums + kDual);
  if (data_) {
    data_->squared_residual(stream_, it.x, partial_.data(), sums + kResidual);
    data_->envelope(stream_, it.state, gamma_, partial_.data(), sums + kEnvelope);
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
  const Arrays& from = *arrays_[at_];
  stream_.download(x, from.x.data(), from.x.bytes());
  const auto field = [&](T* host, const std::unique_ptr<Buffer<T>>& f) {
    if (host) stream_.download(host, f->data(), f->bytes());
  };
  field(to.h, from.h), field(to.v, from.v), field(to.t, from.t);
}

template class PrimalDualLoop<float>;
template class PrimalDualLoop<double>;

}  // namespace lvtino::device
