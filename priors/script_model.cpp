#include "priors/script_model.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include "lvtino/core/error.hpp"
#include "priors/compiled_package.hpp"

namespace lvtino {

struct ScriptModule::Held {
  std::function<Tensor(const std::vector<Tensor>&)> forward;  // of arguments on the device
  at::Device device;
};

namespace {

// What the interpreter throws carries a stack trace of C++; its first line says what matters.
std::string words_of(const std::exception& failure) {
  const auto* error = dynamic_cast<const c10::Error*>(&failure);
  return error ? error->what_without_backtrace() : failure.what();
}

torch::jit::Module with_forward(torch::jit::Module module, const std::string& origin) {
  if (!module.find_method("forward"))
    throw IoError(text(origin, ": the TorchScript module has no method \"forward\""));
  module.eval();
  return module;
}

std::function<Tensor(const std::vector<Tensor>&)> interpreted(torch::jit::Module module,
                                                              const std::string& origin) {
  return [module = with_forward(std::move(module), origin),
          origin](const std::vector<Tensor>& arguments) {
    c10::IValue out;
    try {
      out = module.get_method("forward")({arguments.begin(), arguments.end()});
    } catch (const std::exception& failure) {
      throw NumericalError(text(origin, ": forward failed: ", words_of(failure)));
    }
    if (!out.isTensor())
      throw ShapeError(text(origin, ": expected one tensor of forward, got ", out.tagKind()));
    return out.toTensor();
  };
}

std::function<Tensor(const std::vector<Tensor>&)> compiled(const std::string& path,
                                                           at::Device device) {
  return [package = std::make_shared<const CompiledPackage>(path, device),
          path](const std::vector<Tensor>& arguments) {
    const std::vector<Tensor> out = (*package)(arguments);
    if (out.size() != 1)
      throw ShapeError(text(path, ": expected one tensor of forward, got ", out.size()));
    return out[0];
  };
}

Tensor to_layout(const Tensor& z, ScriptContract::Layout layout) {
  if (layout == ScriptContract::Layout::video) return z;
  const Tensor frames = z.transpose(1, 2).contiguous();
  return layout == ScriptContract::Layout::frames_first ? frames : frames.flatten(0, 1);
}

Tensor from_layout(const Tensor& u, ScriptContract::Layout layout, const Shape& shape) {
  if (layout == ScriptContract::Layout::video) return u;
  const Tensor frames = u.view({shape[0], shape[2], shape[1], shape[3], shape[4]});
  return frames.transpose(1, 2);
}

}  // namespace

ScriptModule ScriptModule::from_file(const std::string& path, at::Device device) {
  if (CompiledPackage::named(path))
    return ScriptModule(std::make_shared<Held>(Held{compiled(path, device), device}));
  try {
    return ScriptModule(
        std::make_shared<Held>(Held{interpreted(torch::jit::load(path, device), path), device}));
  } catch (const c10::Error& failure) {
    throw IoError(text(path, ": not a TorchScript archive: ", words_of(failure)));
  }
}

ScriptModule ScriptModule::from_source(const std::string& source, at::Device device) {
  torch::jit::Module module("script");
  try {
    module.define(source + "\n");
  } catch (const std::exception& failure) {
    throw NotSupportedError(text("TorchScript: ", words_of(failure)));
  }
  return ScriptModule(std::make_shared<Held>(Held{interpreted(module, "script"), device}));
}

at::Device ScriptModule::device() const { return held_->device; }

Tensor ScriptModule::operator()(const std::vector<Tensor>& arguments) const {
  std::vector<Tensor> there;
  for (const Tensor& argument : arguments) there.push_back(argument.to(held_->device).contiguous());
  return held_->forward(there);
}

ScriptModel::ScriptModel(Shape domain, Placement placement,
                         std::shared_ptr<const NoiseSchedule> schedule, ScriptModule module,
                         ScriptContract contract)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      module_(std::move(module)),
      contract_(contract) {}

Tensor ScriptModel::do_origin(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (!(signal > 0) && contract_.predicts != ScriptContract::Predicts::clean)
    throw NotSupportedError(text("script prior: t = ", t, " leaves no signal"));
  if (noise == 0) return at::mul(z_t, 1 / signal);
  const double told = contract_.time == ScriptContract::Time::schedule ? t
                      : contract_.time == ScriptContract::Time::ratio  ? noise / signal
                                                                       : std::log(noise / signal);
  const Tensor z = contract_.scaled_input ? at::mul(z_t, 1 / signal) : z_t;
  const Tensor input = to_layout(z, contract_.layout).to(at::kFloat);
  const Tensor times = at::full({input.size(0)}, told, at::TensorOptions().dtype(at::kFloat));
  const Tensor output = module_({input, times});
  if (output.sizes() != input.sizes())
    throw ShapeError(text("script prior: forward got ", describe(input), " and gave ",
                          describe(output), "; expected the same shape"));
  const Tensor said =
      from_layout(output.to(z_t.options()), contract_.layout, shape_of(z_t)).contiguous();
  switch (contract_.predicts) {
    case ScriptContract::Predicts::clean:
      return said;
    case ScriptContract::Predicts::noise:
      return at::sub(z_t, said, noise).div_(signal);
    case ScriptContract::Predicts::velocity:
      return at::sub(z_t, said, noise).div_(signal + noise);
  }
  return said;
}

ScriptAutoencoder::ScriptAutoencoder(ScriptModule encoder, ScriptModule decoder, Geometry geometry)
    : encoder_(std::move(encoder)), decoder_(std::move(decoder)), geometry_(geometry) {}

Shape ScriptAutoencoder::latent_shape(const Shape& p) const {
  const auto& g = geometry_;
  if (p.size() != 5 || p[1] != g.pixel_channels || (p[2] - 1) % g.time != 0 ||
      p[3] % g.space != 0 || p[4] % g.space != 0)
    throw ShapeError(text("script autoencoder: expected videos [N, ", g.pixel_channels,
                          ", T, H, W] with T - 1 a multiple of ", g.time, ", H and W multiples of ",
                          g.space, ", got ", to_string(p)));
  return {p[0], g.channels, 1 + (p[2] - 1) / g.time, p[3] / g.space, p[4] / g.space};
}

Shape ScriptAutoencoder::pixel_shape(const Shape& z) const {
  const auto& g = geometry_;
  if (z.size() != 5 || z[1] != g.channels)
    throw ShapeError(text("script autoencoder: expected latents [N, ", g.channels,
                          ", T, H, W], got ", to_string(z)));
  return {z[0], g.pixel_channels, 1 + (z[2] - 1) * g.time, z[3] * g.space, z[4] * g.space};
}

Tensor ScriptAutoencoder::do_encode(const Tensor& x) const {
  const Tensor z = encoder_({at::sub(at::mul(x, 2), 1).to(at::kFloat)});
  if (shape_of(z) != latent_shape(shape_of(x)))
    throw ShapeError(text("script encoder: expected ", to_string(latent_shape(shape_of(x))),
                          ", it gave ", describe(z)));
  return z.to(x.options()).contiguous();
}

Tensor ScriptAutoencoder::do_decode(const Tensor& z) const {
  const Tensor x = decoder_({z.to(at::kFloat)});
  if (shape_of(x) != pixel_shape(shape_of(z)))
    throw ShapeError(text("script decoder: expected ", to_string(pixel_shape(shape_of(z))),
                          ", it gave ", describe(x)));
  return at::add(x.to(z.options()), 1).div_(2).contiguous();
}

}  // namespace lvtino
