#include "lvtino/device/primal_dual.hpp"

namespace lvtino::device {

template <class T>
PrimalDualLoop<T>::PrimalDualLoop(const Stream& stream, const TvShape& shape,
                                  const TvWeights& weights, const T* u,
                                  const PrimalDualSteps& steps, const DataProxOnDevice<T>* data)
    : stream_(stream),
      shape_(shape),
      weights_(weights),
      steps_(steps),
      data_(data),
      u_(stream, u, shape.slices * shape.frames * shape.height * shape.width),
      x_(stream, u, u_.count()),
      other_(stream, u, u_.count()) {
  const auto field = [&](double weight) -> std::unique_ptr<Buffer<T>> {
    if (weight == 0) return nullptr;
    auto out = std::make_unique<Buffer<T>>(u_.count());
    stream.zero(out->data(), out->bytes());
    return out;
  };
  h_ = field(weights.h), v_ = field(weights.v), t_ = field(weights.t);
  if (data_) {  // its first call takes memory, which cannot be recorded
    data_->solve_in_place(stream, other_.data(), steps.gamma);
    stream.copy(other_.data(), x_.data(), x_.bytes());
  }
  pair_ = std::make_unique<Graph>(stream, [&] { iterate(x_, other_), iterate(other_, x_); });
}

template <class T>
void PrimalDualLoop<T>::iterate(const Buffer<T>& now, const Buffer<T>& other) const {
  const auto data_of = [](const std::unique_ptr<Buffer<T>>& f) { return f ? f->data() : nullptr; };
  const TvFields<T> q{data_of(h_), data_of(v_), data_of(t_)};
  const double merged = 1 / (1 / steps_.gamma + 1 / steps_.tau);
  tv_dual_step<T>(stream_, shape_, weights_, now.data(), other.data(), T(steps_.theta),
                  T(steps_.sigma), q);
  tv_primal_step<T>(stream_, shape_, weights_, now.data(), T(merged / steps_.tau), u_.data(),
                    T(merged / steps_.gamma), T(merged), q, other.data());
  if (data_) data_->solve_in_place(stream_, other.data(), merged);
}

template <class T>
void PrimalDualLoop<T>::advance(int pairs) const {
  for (int k = 0; k < pairs; ++k) pair_->launch(stream_);
}

template class PrimalDualLoop<float>;
template class PrimalDualLoop<double>;

}  // namespace lvtino::device
