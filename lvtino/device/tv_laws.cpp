#include "lvtino/device/kernel_sets.hpp"
#include "lvtino/device/tv_steps.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::device {
namespace {

template <class T>
struct Fields {
  Tensor h, v, t;
  TvFields<T> pointers() const {
    const auto data = [](const Tensor& f) {
      return f.defined() ? f.mutable_data_ptr<T>() : nullptr;
    };
    return {data(h), data(v), data(t)};
  }
};

template <class T>
struct DeviceFields {
  std::unique_ptr<Buffer<T>> h, v, t;
  DeviceFields(const Stream& stream, const Fields<T>& from) {
    const auto copy = [&](const Tensor& f) {
      return f.defined() ? std::make_unique<Buffer<T>>(on_device<T>(stream, f)) : nullptr;
    };
    h = copy(from.h), v = copy(from.v), t = copy(from.t);
  }
  TvFields<T> pointers() const {
    const auto data = [](const auto& f) { return f ? f->data() : nullptr; };
    return {data(h), data(v), data(t)};
  }
};

// One drawn problem; an axis in eight has weight 0 and no field.
template <class T>
struct Case {
  Shape shape;
  TvShape grid;
  TvWeights weights;
  Tensor x, previous, u;
  Fields<T> q;
  std::string name;

  explicit Case(Extents& draw)
      : shape{1, draw.next(4), draw.next(9), draw.next(70), draw.next(140)},
        grid{shape[1], shape[2], shape[3], shape[4]} {
    const auto weight = [&] {
      return draw.below(8) == 0 ? 0.0 : 0.25 + 0.25 * double(draw.below(4));
    };
    weights = {weight(), weight(), weight(), draw.below(2) == 0};
    x = numbers(draw), previous = numbers(draw), u = numbers(draw);
    if (weights.h != 0) q.h = numbers(draw);
    if (weights.v != 0) q.v = numbers(draw);
    if (weights.t != 0) q.t = numbers(draw);
    name = text(to_string(shape), weights.isotropic ? " isotropic" : " anisotropic");
  }

 private:
  Tensor numbers(Extents& draw) const { return draw.normal(shape, kDtype<T>); }
};

template <class T>
void compare_fields(const Stream& stream, Comparison& into, const Case<T>& c,
                    const DeviceFields<T>& device, const Fields<T>& host) {
  if (host.h.defined()) into.add(on_host(stream, *device.h, c.shape), host.h, c.name);
  if (host.v.defined()) into.add(on_host(stream, *device.v, c.shape), host.v, c.name);
  if (host.t.defined()) into.add(on_host(stream, *device.t, c.shape), host.t, c.name);
}

// K x by slicing, as the definition has it.
template <class T>
Fields<T> sliced_gradient(const Case<T>& c) {
  const auto along = [&](std::int64_t axis, double weight) {
    Tensor out = at::zeros_like(c.x);
    const std::int64_t n = c.x.size(axis) - 1;
    out.narrow(axis, 0, n).copy_((c.x.narrow(axis, 1, n) - c.x.narrow(axis, 0, n)) * weight);
    return out;
  };
  Fields<T> out;
  if (c.weights.h != 0) out.h = along(4, c.weights.h);
  if (c.weights.v != 0) out.v = along(3, c.weights.v);
  if (c.weights.t != 0) out.t = along(2, c.weights.t);
  return out;
}

template <class T>
void dual_steps(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison dual("tv_dual_step", kDtype<T>), gradient("tv_gradient", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const Case<T> c(draw);
    const T theta = draw.below(3) == 0 ? T(0) : T(0.75), step = T(0.5);
    const Buffer<T> x = on_device<T>(stream, c.x), previous = on_device<T>(stream, c.previous);
    const DeviceFields<T> q(stream, c.q);
    tv_gradient<T>(stream, c.grid, c.weights, x.data(), q.pointers());
    compare_fields(stream, gradient, c, q, sliced_gradient(c));
    const DeviceFields<T> again(stream, c.q);
    tv_dual_step<T>(stream, c.grid, c.weights, x.data(), previous.data(), theta, step, T(1),
                    again.pointers());
    kernels::tv_dual_step<T>(c.grid, c.weights, numbers_of<T>(c.x), numbers_of<T>(c.previous),
                             theta, step, c.q.pointers());
    compare_fields(stream, dual, c, again, c.q);
  }
  out.push_back(dual.report());
  out.push_back(gradient.report());
}

template <class T>
void primal_steps(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison primal("tv_primal_step", kDtype<T>), divergence("tv_divergence", kDtype<T>),
      sum("tv_dual_value", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const Case<T> c(draw);
    const Buffer<T> x = on_device<T>(stream, c.x), u = on_device<T>(stream, c.u), result(x.count());
    const DeviceFields<T> q(stream, c.q);
    const T a = T(0.75), b = T(0.25), s = T(0.5);
    const double gamma = 0.5;
    Tensor host = at::empty_like(c.x);
    const double value =
        kernels::tv_primal_step<T>(c.grid, c.weights, numbers_of<T>(c.x), a, numbers_of<T>(c.u), b,
                                   s, c.q.pointers(), gamma, host.mutable_data_ptr<T>());
    tv_primal_step<T>(stream, c.grid, c.weights, x.data(), a, u.data(), b, s, q.pointers(),
                      result.data());
    primal.add(on_host(stream, result, c.shape), host, c.name);
    const Buffer<double> partial(tv_partials(c.grid)), total(1);
    tv_primal_step_with_sum<T>(stream, c.grid, c.weights, x.data(), a, u.data(), b, s, q.pointers(),
                               gamma, x.data(), partial.data(), total.data());
    primal.add(on_host(stream, x, c.shape), host, c.name);
    // Relative to the size of what is summed, for the sum may cancel.
    const double scale = double(c.x.numel());
    sum.add(scale + total.host(stream)[0], scale + value, c.name);
    kernels::tv_primal_step<T>(c.grid, c.weights, nullptr, T(0), numbers_of<T>(c.u), T(0), T(-1),
                               c.q.pointers(), gamma, host.mutable_data_ptr<T>());
    tv_primal_step<T>(stream, c.grid, c.weights, nullptr, T(0), nullptr, T(0), T(-1), q.pointers(),
                      result.data());
    divergence.add(on_host(stream, result, c.shape), host, c.name);
  }
  for (const Comparison* each : {&primal, &sum, &divergence}) out.push_back(each->report());
}

// A whole iteration; theta 0 is the first one's.
template <class T>
void relaxed_steps(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison field("tv_relaxed_step field", kDtype<T>), next("tv_relaxed_step x", kDtype<T>),
      relaxed("tv_relaxed_step state", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const Case<T> c(draw);
    const T theta = draw.below(3) == 0 ? T(0) : T(1), step = T(0.5), a = T(0.75), b = T(0.25);
    const T rho = T(0.3) * T(1 + draw.below(6));
    const Buffer<T> x = on_device<T>(stream, c.x), state = on_device<T>(stream, c.previous),
                    u = on_device<T>(stream, c.u);
    const DeviceFields<T> q(stream, c.q);
    tv_dual_step<T>(stream, c.grid, c.weights, x.data(), state.data(), theta, step, rho,
                    q.pointers());
    tv_relaxed_primal_step<T>(stream, c.grid, c.weights, x.data(), state.data(), rho, a, u.data(),
                              b, step, q.pointers(), x.data(), state.data());
    kernels::tv_primal_dual_step<T>(c.grid, c.weights, c.x.template mutable_data_ptr<T>(),
                                    c.previous.template mutable_data_ptr<T>(), theta, step, rho,
                                    numbers_of<T>(c.u), a, b, step, c.q.pointers());
    const std::string name = text(c.name, " theta ", theta, " rho ", rho);
    compare_fields(stream, field, c, q, c.q);
    next.add(on_host(stream, x, c.shape), c.x, name);
    relaxed.add(on_host(stream, state, c.shape), c.previous, name);
    // Without a state x is one: here x itself, and the new state elsewhere.
    const Tensor before = c.x.clone();
    tv_relaxed_primal_step<T>(stream, c.grid, c.weights, x.data(), nullptr, T(1), a, u.data(), b,
                              step, q.pointers(), x.data(), state.data());
    kernels::tv_primal_step<T>(c.grid, c.weights, numbers_of<T>(before), a, numbers_of<T>(c.u), b,
                               step, c.q.pointers(), 1, c.x.template mutable_data_ptr<T>());
    next.add(on_host(stream, x, c.shape), c.x, name + " anew");
    relaxed.add(on_host(stream, state, c.shape), before, name + " anew");
  }
  for (const Comparison* each : {&field, &next, &relaxed}) out.push_back(each->report());
}

// The same in one pass.
template <class T>
void sweeps(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison field("tv_primal_dual_step field", kDtype<T>),
      next("tv_primal_dual_step x", kDtype<T>), relaxed("tv_primal_dual_step state", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const Case<T> c(draw);
    const T theta = T(0.5) * T(draw.below(3)), step = T(0.5), a = T(0.75), b = T(0.25);
    const T rho = T(0.3) * T(1 + draw.below(6));
    const Buffer<T> x = on_device<T>(stream, c.x), state = on_device<T>(stream, c.previous),
                    u = on_device<T>(stream, c.u), to_x(x.count()), to_state(x.count());
    const DeviceFields<T> q(stream, c.q), to_q(stream, c.q);
    for (const auto* each : {&to_q.h, &to_q.v, &to_q.t})
      if (*each) stream.zero((*each)->data(), (*each)->bytes());
    tv_primal_dual_step<T>(stream, c.grid, c.weights, {x.data(), state.data(), q.pointers()}, theta,
                           step, rho, u.data(), a, b, step,
                           {to_x.data(), to_state.data(), to_q.pointers()});
    const std::string name = text(c.name, " theta ", theta, " rho ", rho);
    const Tensor before = c.x.clone();
    kernels::tv_primal_dual_step<T>(c.grid, c.weights, c.x.template mutable_data_ptr<T>(),
                                    c.previous.template mutable_data_ptr<T>(), theta, step, rho,
                                    numbers_of<T>(c.u), a, b, step, c.q.pointers());
    compare_fields(stream, field, c, to_q, c.q);
    next.add(on_host(stream, to_x, c.shape), c.x, name);
    next.add(on_host(stream, x, c.shape), before, name + " is read only");
    relaxed.add(on_host(stream, to_state, c.shape), c.previous, name);
  }
  for (const Comparison* each : {&field, &next, &relaxed}) out.push_back(each->report());
}

template <class T>
void values(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison variation("tv_value", kDtype<T>), distance("tv_value distance", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const Case<T> c(draw);
    const bool aimed = draw.below(3) > 0;
    const Buffer<T> x = on_device<T>(stream, c.x), u = on_device<T>(stream, c.u);
    const Buffer<double> partial(2 * tv_partials(c.grid)), sums(2);
    tv_value<T>(stream, c.grid, c.weights, x.data(), aimed ? u.data() : nullptr, partial.data(),
                sums.data());
    const kernels::TvValue host = kernels::tv_value<T>(c.grid, c.weights, numbers_of<T>(c.x),
                                                       aimed ? numbers_of<T>(c.u) : nullptr);
    const std::vector<double> found = sums.host(stream);
    // One voxel, or no weight, varies by nothing.
    variation.add(1 + found[0], 1 + host.variation, c.name);
    distance.add(1 + found[1], 1 + host.squared_distance, c.name);
  }
  out.push_back(variation.report());
  out.push_back(distance.report());
}

}  // namespace

void add_tv_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out) {
  dual_steps<float>(stream, shapes, Extents(rng.fork("dual")), out);
  dual_steps<double>(stream, shapes, Extents(rng.fork("dual")), out);
  primal_steps<float>(stream, shapes, Extents(rng.fork("primal")), out);
  primal_steps<double>(stream, shapes, Extents(rng.fork("primal")), out);
  relaxed_steps<float>(stream, shapes, Extents(rng.fork("relaxed")), out);
  relaxed_steps<double>(stream, shapes, Extents(rng.fork("relaxed")), out);
  sweeps<float>(stream, shapes, Extents(rng.fork("sweep")), out);
  sweeps<double>(stream, shapes, Extents(rng.fork("sweep")), out);
  values<float>(stream, shapes, Extents(rng.fork("value")), out);
  values<double>(stream, shapes, Extents(rng.fork("value")), out);
}

}  // namespace lvtino::device
