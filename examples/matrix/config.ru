# frozen_string_literal: true

require "roda"

run Class.new(Roda) { route { |r| r.root { "links" } } }.freeze.app
