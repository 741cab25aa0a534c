# frozen_string_literal: true

workers ENV.fetch("WEB_CONCURRENCY", 2)
threads 1, 5
preload_app!

port ENV.fetch("PORT", 3000)
